// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Losses at the network's output: per-sample value and gradient in one pass.

#include <cstdint>

#include "kernels/device/device.hpp"

namespace dtrain::kernels {

struct LossArgs {
  std::int64_t rows = 0;     ///< samples in this pass
  std::int64_t classes = 0;  ///< outputs per sample
  /// Factor of the gradient: 1 / (samples in the global batch), so that summing over passes and ranks
  /// gives the mean's gradient.
  float gradient_scale = 1.0f;
  float label_smoothing = 0.0f;          ///< cross-entropy only, in [0, 1)
  const float* output = nullptr;         ///< (rows, classes) plain, logits for cross-entropy
  const std::int64_t* labels = nullptr;  ///< (rows), in [0, classes)
  const float* targets = nullptr;  ///< (rows, classes): MSE against floats; null: one-hot labels
  float* loss = nullptr;           ///< (rows) out: each sample's loss
  std::int32_t* correct =
      nullptr;                ///< (rows) out: 1 where the arg max is the label; null: not wanted
  float* gradient = nullptr;  ///< (rows, classes) out; null: not wanted
};

/// Cross-entropy of softmax(output) against (1 - s) * one_hot(label) + s / classes.
/// Gradient: scale * (softmax - target).
using SoftmaxCrossEntropy = void (*)(const LossArgs&, Stream&);

/// Mean over the classes of (output - target)^2. Gradient: scale * 2 / classes * (output - target).
using MeanSquaredError = void (*)(const LossArgs&, Stream&);

/// Row-wise softmax, for predictions. May run in place.
using Softmax = void (*)(std::int64_t rows, std::int64_t classes, const float* logits,
                         float* probabilities, Stream&);

}  // namespace dtrain::kernels
