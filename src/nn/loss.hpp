// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/backend.hpp"

namespace dtrain::nn {

enum class LossKind { cross_entropy, mse };

/// "cross-entropy" or "mse". Throws UsageError.
LossKind parse_loss(const std::string& text);
std::string to_string(LossKind);

/// Value and gradient at the network's output, summed over a pass.
struct LossResult {
  double loss_sum = 0;       ///< sum over samples
  std::int64_t correct = 0;  ///< arg max is the label; 0 for float targets
};

/// The value of a pass and, in training, its gradient. `output`: (rows, classes) plain, on the device,
/// with rows <= `max_batch`; `labels`: (rows) in [0, classes), on the host; or else `targets`: (rows,
/// classes) on the host, of which one sample's loss is the mean over its classes. One of the two is
/// empty. Calls return when the value is known. Throws UsageError for the cross-entropy of targets.
class Loss {
 public:
  /// `backend` outlives it.
  Loss(LossKind kind, float label_smoothing, std::int64_t classes, std::int64_t max_batch,
       const kernels::Backend& backend);

  /// Training: also fills gradient(), scaled by `gradient_scale` (1 / global batch).
  LossResult forward_backward(const float* output, std::int64_t rows,
                              std::span<const std::int64_t> labels, std::span<const float> targets,
                              float gradient_scale, kernels::Stream&);
  /// Evaluation: no smoothing, no gradient.
  LossResult evaluate(const float* output, std::int64_t rows, std::span<const std::int64_t> labels,
                      std::span<const float> targets, kernels::Stream&);
  /// (max_batch, classes) plain, on the device: rows of the last forward_backward, to be read and changed
  /// (backward multiplies it in place) until the next one. Lives as long as the loss.
  float* gradient() { return gradient_->floats(); }

 private:
  LossResult run(kernels::LossArgs args, std::span<const std::int64_t> labels,
                 std::span<const float> targets, kernels::Stream&);

  LossKind kind_;
  float label_smoothing_;
  std::int64_t classes_;
  const kernels::Backend& backend_;
  std::unique_ptr<kernels::Allocation> gradient_, losses_, labels_, targets_, correct_;
  std::vector<float> host_losses_;
  std::vector<std::int32_t> host_correct_;
};

}  // namespace dtrain::nn
