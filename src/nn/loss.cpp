// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/loss.hpp"

#include "base/assert.hpp"
#include "base/error.hpp"

namespace dtrain::nn {
namespace {

std::size_t bytes_of(std::int64_t count, std::size_t element) {
  return static_cast<std::size_t>(count) * element;
}

}  // namespace

LossKind parse_loss(const std::string& text) {
  if (text == "cross-entropy") return LossKind::cross_entropy;
  if (text == "mse") return LossKind::mse;
  throw UsageError(fmt::format("there is no loss '{}'; choose cross-entropy or mse", text));
}

std::string to_string(LossKind kind) {
  return kind == LossKind::cross_entropy ? "cross-entropy" : "mse";
}

Loss::Loss(LossKind kind, float label_smoothing, std::int64_t classes, std::int64_t max_batch,
           const kernels::Backend& backend)
    : kind_(kind), label_smoothing_(label_smoothing), classes_(classes), backend_(backend) {
  const auto allocate = [&](std::int64_t count, std::size_t element) {
    return backend.device->allocate(bytes_of(count, element));
  };
  gradient_ = allocate(max_batch * classes, sizeof(float));
  losses_ = allocate(max_batch, sizeof(float));
  labels_ = allocate(max_batch, sizeof(std::int64_t));
  targets_ = allocate(max_batch * classes, sizeof(float));
  correct_ = allocate(max_batch, sizeof(std::int32_t));
  host_losses_.resize(static_cast<std::size_t>(max_batch));
  host_correct_.resize(static_cast<std::size_t>(max_batch));
}

LossResult Loss::forward_backward(const float* output, std::int64_t rows,
                                  std::span<const std::int64_t> labels,
                                  std::span<const float> targets, float gradient_scale,
                                  kernels::Stream& stream) {
  kernels::LossArgs args;
  args.rows = rows;
  args.gradient_scale = gradient_scale;
  args.label_smoothing = label_smoothing_;
  args.output = output;
  args.gradient = gradient();
  return run(args, labels, targets, stream);
}

LossResult Loss::evaluate(const float* output, std::int64_t rows,
                          std::span<const std::int64_t> labels, std::span<const float> targets,
                          kernels::Stream& stream) {
  kernels::LossArgs args;
  args.rows = rows;
  args.output = output;
  return run(args, labels, targets, stream);
}

LossResult Loss::run(kernels::LossArgs args, std::span<const std::int64_t> labels,
                     std::span<const float> targets, kernels::Stream& stream) {
  kernels::Device& device = *backend_.device;
  const auto rows = static_cast<std::size_t>(args.rows);
  DTRAIN_ASSERT(rows <= host_losses_.size());
  const bool has_labels = targets.empty();
  args.classes = classes_;
  args.loss = losses_->floats();
  if (has_labels) {
    DTRAIN_ASSERT(labels.size() == rows);
    device.copy_to_device(labels_->data(), labels.data(), labels.size_bytes(), stream);
    args.labels = static_cast<const std::int64_t*>(labels_->data());
    args.correct = static_cast<std::int32_t*>(correct_->data());
  } else {
    if (kind_ == LossKind::cross_entropy)
      throw UsageError("the dataset has float targets: train with --loss mse");
    DTRAIN_ASSERT(targets.size() == rows * static_cast<std::size_t>(classes_));
    device.copy_to_device(targets_->data(), targets.data(), targets.size_bytes(), stream);
    args.targets = targets_->floats();
  }
  if (kind_ == LossKind::cross_entropy)
    backend_.kernels->softmax_cross_entropy(args, stream);
  else
    backend_.kernels->mean_squared_error(args, stream);

  LossResult result;
  device.copy_to_host(host_losses_.data(), losses_->data(), rows * sizeof(float), stream);
  for (std::size_t i = 0; i < rows; ++i) result.loss_sum += static_cast<double>(host_losses_[i]);
  if (has_labels) {
    device.copy_to_host(host_correct_.data(), correct_->data(), rows * sizeof(std::int32_t),
                        stream);
    for (std::size_t i = 0; i < rows; ++i) result.correct += host_correct_[i];
  }
  return result;
}

}  // namespace dtrain::nn
