// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// How oneDNN's primitives of a convolution or a linear layer are run, and how a weight reaches the
// layout that each primitive prefers.

#include <optional>

#include "kernels/activation.hpp"
#include "kernels/affine_op.hpp"
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

  void forward(const AffineOp::Forward&);
  void backward(const AffineOp::Backward&, Stream&);

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
