// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// y[n,o] = b[o] + sum_k w[o,k] * x[n,k]. An image (C, H, W) is flattened in that order, whatever the
// layout in which it arrives: no separate flatten is needed, nor a reorder of a blocked layout.

#include <memory>
#include <optional>

#include "kernels/activation.hpp"
#include "kernels/planned_op.hpp"

namespace dtrain::kernels {

struct LinearSpec {
  std::int64_t batch = 0;
  /// Shape of one sample: (F) or (C, H, W).
  Shape input_shape;
  std::int64_t out_features = 0;
  bool has_bias = true;
  /// Applied to the output: none or relu.
  Activation activation = Activation::none;
  Pass pass = Pass::training;
  bool needs_input_gradient = true;
  Layout input = {};
  std::optional<Layout> weight = {};

  std::int64_t in_features() const { return input_shape.elements(); }
  /// Canonical: (out, in), PyTorch's order.
  Shape weight_shape() const { return {out_features, in_features()}; }
};

class Linear : public PlannedOp {
 public:
  const Layout& weight_layout() const { return weight_layout_; }

  struct Forward {
    const float* input;
    const float* weight;
    const float* bias;  ///< null without bias
    float* output;      ///< after the activation
    void* saved;
    void* scratch;
  };
  virtual void forward(const Forward&, Stream&) = 0;

  struct Backward {
    const float* input;
    const float* weight;
    const float* output;     ///< of forward; read only with an activation
    float* output_gradient;  ///< multiplied in place by the activation's derivative
    float* input_gradient;   ///< null: not wanted
    float* weight_gradient;
    float* bias_gradient;  ///< null without bias
    const void* saved;
    void* scratch;
  };
  virtual void backward(const Backward&, Stream&) = 0;

 protected:
  Layout weight_layout_;
};

using MakeLinear = std::unique_ptr<Linear> (*)(Device&, const LinearSpec&);

}  // namespace dtrain::kernels
