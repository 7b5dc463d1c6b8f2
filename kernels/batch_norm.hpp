// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Batch normalisation per channel over (N, H, W) of the pass (S. Ioffe and C. Szegedy, 2015):
//   y = gamma * (x - mean) / sqrt(variance + epsilon) + beta
// training: mean and biased variance of this pass; inference: the running statistics.
// One pass is one shard of the global batch, so the statistics never depend on the number of ranks.

#include <memory>

#include "kernels/activation.hpp"
#include "kernels/planned_op.hpp"

namespace dtrain::kernels {

struct BatchNormSpec {
  std::int64_t batch = 0, channels = 0, height = 1, width = 1;
  float epsilon = 1e-5f;
  /// Applied to the output: none or relu.
  Activation activation = Activation::none;
  Pass pass = Pass::training;
  Layout input = {};

  Shape shape() const { return {batch, channels, height, width}; }
};

/// input_layout() == output_layout().
class BatchNorm : public PlannedOp {
 public:
  struct Forward {
    const float* input;
    const float* gamma;  ///< (channels)
    const float* beta;   ///< (channels)
    /// training: written, the batch's mean and unbiased variance (channels), as the running
    /// statistics want them; inference: read, the running statistics.
    float* mean;
    float* variance;
    float* output;
    void* saved;  ///< at least the mean and inverse deviation of this pass
    void* scratch;
  };
  virtual void forward(const Forward&, Stream&) = 0;

  struct Backward {
    const float* input;
    const float* gamma;
    const float* output;     ///< of forward; read only with an activation
    float* output_gradient;  ///< multiplied in place by the activation's derivative
    float* input_gradient;   ///< may be output_gradient
    float* gamma_gradient;
    float* beta_gradient;
    const void* saved;
    void* scratch;
  };
  virtual void backward(const Backward&, Stream&) = 0;
};

using MakeBatchNorm = std::unique_ptr<BatchNorm> (*)(Device&, const BatchNormSpec&);

}  // namespace dtrain::kernels
