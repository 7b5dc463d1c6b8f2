// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "nn/layer.hpp"
#include "nn/model.hpp"

namespace dtrain::nn {

/// The layers of a model planned for one batch size on one backend: layouts chosen, reorders placed
/// where neighbours disagree, ReLUs fused, and one block of memory shared by all activations and
/// gradients whose lifetimes do not overlap. No allocation happens in forward or backward.
///
/// Where the device can and StepContext allows it, passes are recorded and replayed as a whole
/// (recorded_passes.hpp).
///
/// The workspace block may be shared by networks of different batch sizes that never run at the
/// same time: see Replica.
class Network {
 public:
  /// Called when a parameter's gradient is complete, in the arena's order.
  using GradientReady = std::function<void(std::size_t parameter_index)>;

  /// Called when a layer's forward is done: what it computed, on the device, until the next layer's.
  using LayerDone = std::function<void(const LayerSpec&, const float* output, kernels::Elements)>;

  /// `parameter_layouts`: one per parameter in model order, or empty to let the layers choose.
  Network(const Model& model, const kernels::Backend& backend, std::int64_t batch,
          kernels::Pass pass, std::span<const kernels::Layout> parameter_layouts);
  ~Network();
  Network(Network&&) noexcept;

  std::int64_t batch() const;
  /// Layouts chosen, in model order.
  std::vector<kernels::Layout> parameter_layouts() const;
  /// Does a layer compute something else in each step? Such a network is never replayed.
  bool depends_on_step() const;
  /// What the network wants as workspace for activations, gradients and scratch.
  std::size_t workspace_bytes() const;
  /// Memory that the same values would take without sharing, for reports and tests.
  std::size_t unshared_bytes() const;
  /// What the layers read and write in one forward, and backward in training: every array of every
  /// call once, as if no cache kept it from one call to the next. Scratch memory is left out, as it is
  /// chosen to stay in caches.
  std::size_t moved_bytes() const;

  /// Where values live from now on; `parameters` in model order. Only `parameters` may change
  /// between a forward and its backward.
  void bind(float* workspace, std::span<const ParameterView> parameters);

  /// `input`: (batch, C, H, W) plain. Returns the output, (batch, classes) plain, valid until the
  /// next forward.
  const float* forward(const float* input, const StepContext&, kernels::Stream&,
                       const LayerDone& on_layer_done = {});
  /// After forward. `output_gradient`: (batch, classes) plain, clobbered. Writes all gradients.
  void backward(float* output_gradient, const StepContext&, kernels::Stream&,
                const GradientReady& on_gradient_ready);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dtrain::nn
