// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Convolution and linear are both y = activation(W x + b): they differ in how oneDNN plans them,
// not in how the primitives are run, nor in how a weight reaches the layout that each primitive
// prefers.

#include <optional>

#include "kernels/activation.hpp"
#include "kernels/cpu/onednn.hpp"

namespace dtrain::kernels::cpu {

class Affine {
 public:
  /// `weight`: the layout that the weight already has, if any; else the forward primitive's choice.
  /// `weight_dims`: the dims with which the primitives describe it.
  Affine(const Engine&, const AffinePrimitives&, Activation, const std::optional<Layout>& weight,
         const Dims& weight_dims);

  const Descriptor& input() const { return input_; }
  const Descriptor& weight() const { return weight_; }
  const Descriptor& output() const { return output_; }
  std::size_t scratch_bytes() const { return converted_ + converted_bytes_; }

  /// As Conv2d and Linear say; Forward and Backward are theirs.
  template <class Forward>
  void forward(const Forward& f) {
    const void* weight = convert(to_forward_, f.weight, f.scratch);
    forward_.run(engine_, {f.input, weight, f.bias, f.output, f.scratch});
  }
  template <class Backward>
  void backward(const Backward& b, Stream& stream) {
    mask(b.output, b.output_gradient, stream);
    float* gradient = from_gradient_.is_needed() ? converted_weight(b.scratch) : b.weight_gradient;
    backward_weights_.run(engine_,
                          {b.input, b.output_gradient, gradient, b.bias_gradient, b.scratch});
    if (from_gradient_.is_needed())
      from_gradient_.run(engine_, gradient, b.weight_gradient, b.scratch);
    if (b.input_gradient == nullptr) return;
    const void* weight = convert(to_backward_, b.weight, b.scratch);
    backward_data_.run(engine_, {b.output_gradient, weight, b.input_gradient, b.scratch});
  }

 private:
  float* converted_weight(void* scratch) const {
    return static_cast<float*>(at(scratch, converted_));
  }
  const void* convert(Conversion&, const float* weight, void* scratch);
  void mask(const float* output, float* output_gradient, Stream&);

  Engine engine_;
  Descriptor input_, weight_, output_;
  Activation activation_;
  Primitive forward_, backward_data_, backward_weights_;
  Conversion to_forward_, to_backward_, from_gradient_;
  /// Scratch: temporaries of whatever runs, then a weight in another layout.
  std::size_t converted_ = 0, converted_bytes_ = 0;
};

}  // namespace dtrain::kernels::cpu
