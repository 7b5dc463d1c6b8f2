// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// y = activation(W x + b): convolution and linear, which differ in how they are planned, not in how
// they are called.

#include "kernels/planned_op.hpp"

namespace dtrain::kernels {

class AffineOp : public PlannedOp {
 public:
  /// Layout of the weight and its gradient; the bias is plain, one element per output channel or
  /// feature.
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

}  // namespace dtrain::kernels
