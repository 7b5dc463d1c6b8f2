// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Convolutions as cuDNN's graph API plans them: an operation graph (one convolution, perhaps with bias
// and ReLU behind it), the engines that cuDNN's heuristics propose for it, and the first of them that
// keeps to our limits and can be made. Planning needs the properties of a GPU, not a GPU.
//
// Images are (N, H, W, C) in memory, filters (O, H, W, C / groups), biases (O), all of one type, 16-byte
// aligned. Sums and what happens to them before they are stored are float32.

#include <cudnn.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "kernels/conv2d.hpp"
#include "kernels/cuda/cudnn_descriptor.hpp"

namespace dtrain::kernels::cuda {

/// The GPU that plans are for.
class DeviceProperties {
 public:
  static DeviceProperties of(cudnnHandle_t handle);
  /// As cuDNN writes them (CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION).
  static DeviceProperties from_json(const std::string& json);
  const Descriptor& descriptor() const { return *descriptor_; }

 private:
  explicit DeviceProperties(Descriptor descriptor);
  std::shared_ptr<Descriptor> descriptor_;
};

/// Which engines may compute.
struct ConvolutionLimits {
  ElementType type = ElementType::float32;  ///< of images and filters
  bool tf32 = false;  ///< inputs of products rounded to 10 bits of mantissa, on tensor cores
  bool deterministic = false;  ///< the same bits every time
};

/// What is computed from the other tensors: the output, the input's or the filter's gradient.
enum class ConvolutionPart {
  forward,
  forward_bias,
  forward_relu,
  forward_bias_relu,
  backward_data,
  backward_filter
};

/// Device memory of the tensors of a part, gradients in the place of what they are gradients of.
struct ConvolutionTensors {
  void *input = nullptr, *filter = nullptr, *bias = nullptr, *output = nullptr;
  bool operator==(const ConvolutionTensors&) const = default;
};

/// An engine of cuDNN made for one shape. Immutable; shared by all ops of that shape.
class ConvolutionPlan {
 public:
  ConvolutionPlan(Descriptor plan, bool has_bias);
  std::size_t workspace_bytes() const { return workspace_bytes_; }
  const Descriptor& descriptor() const { return plan_; }
  bool has_bias() const { return has_bias_; }

 private:
  Descriptor plan_;
  bool has_bias_;
  std::size_t workspace_bytes_ = 0;
};

/// A plan as one op runs it: remembers the memory of the last run, which is the same at each step.
class ConvolutionRun {
 public:
  explicit ConvolutionRun(std::shared_ptr<const ConvolutionPlan> plan) : plan_(std::move(plan)) {}
  std::size_t workspace_bytes() const { return plan_->workspace_bytes(); }
  void run(cudnnHandle_t handle, const ConvolutionTensors& tensors, void* workspace);

 private:
  std::shared_ptr<const ConvolutionPlan> plan_;
  ConvolutionTensors tensors_;
  void* workspace_ = nullptr;
  std::optional<Descriptor> bound_;
};

class ConvolutionPlanner {
 public:
  ConvolutionPlanner(DeviceProperties properties, const ConvolutionLimits& limits);

  /// Throws Error where no engine can do it.
  std::shared_ptr<const ConvolutionPlan> plan(const Conv2dSpec& spec, ConvolutionPart part);
  /// Null where no engine can do it: many combinations of fused operations are not there.
  std::shared_ptr<const ConvolutionPlan> try_plan(const Conv2dSpec& spec, ConvolutionPart part);

 private:
  std::optional<Descriptor> first_plan(const Descriptor& graph, cudnnBackendHeurMode_t mode) const;
  bool is_allowed(const Descriptor& configuration) const;

  DeviceProperties properties_;
  ConvolutionLimits limits_;
  std::map<std::string, std::shared_ptr<const ConvolutionPlan>> plans_;
};

}  // namespace dtrain::kernels::cuda
