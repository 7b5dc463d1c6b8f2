// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// A Layer is one node of the network planned for one batch size on one backend: it holds the
// planned kernel and no values. Values, gradients and workspace are the network's, and come in as
// arguments.

#include <memory>
#include <span>
#include <vector>

#include "base/detail_sink.hpp"
#include "kernels/backend.hpp"
#include "nn/model.hpp"
#include "tensor/parameter_arena.hpp"

namespace dtrain::nn {

/// Everything that a layer needs to plan itself.
struct LayerPlan {
  const kernels::Backend& backend;
  const LayerSpec& spec;
  std::int64_t batch = 0;
  kernels::Pass pass = kernels::Pass::training;
  std::vector<kernels::Layout> inputs;  ///< layouts in which the inputs arrive
  bool needs_input_gradient = true;
  /// ReLU that the planner folded into this layer (layer_registry.hpp: fuses_relu).
  kernels::Activation fused = kernels::Activation::none;
  /// Layouts that the parameters already have, in spec order; empty: choose.
  std::vector<kernels::Layout> parameters;
};

/// A parameter as a layer sees it during a call.
struct ParameterView {
  float* value = nullptr;
  /// Written by backward, a statistic's weighted observation like a gradient. Null in inference.
  float* gradient = nullptr;
};

/// What changes from step to step and is not a value.
struct StepContext {
  std::uint64_t seed = 0;
  std::int64_t step = 0;
  std::span<const std::int64_t> sample_ids;  ///< of this pass
  /// samples of this pass / samples of the global batch: the weight of a statistic's observation
  float pass_weight = 1.0f;
  DetailSink* details = nullptr;  ///< told of each layer's time; may be null
  /// May passes be replayed as a whole? Then gradients are told of when backward is over.
  bool may_replay = false;
};

struct ForwardArgs {
  std::span<const float* const> inputs;
  float* output = nullptr;
  std::span<const ParameterView> parameters;
  void* saved = nullptr;
  void* scratch = nullptr;
  const StepContext& context;
  kernels::Stream& stream;
};

struct BackwardArgs {
  std::span<const float* const> inputs;     ///< null where needs_input() is false
  const float* output = nullptr;            ///< null where needs_output() is false
  float* output_gradient = nullptr;         ///< see clobbers_output_gradient()
  std::span<float* const> input_gradients;  ///< null: not wanted
  std::span<const ParameterView> parameters;
  const void* saved = nullptr;
  void* scratch = nullptr;
  const StepContext& context;
  kernels::Stream& stream;
};

class Layer {
 public:
  virtual ~Layer() = default;

  /// The layout that it wants for each input, and gives its output.
  virtual kernels::Layout input_layout(int index) const = 0;
  virtual kernels::Layout output_layout() const = 0;
  /// In spec order.
  virtual std::vector<kernels::Layout> parameter_layouts() const { return {}; }

  /// What backward reads of the forward pass: decides how long the network keeps it.
  virtual bool needs_input() const = 0;
  virtual bool needs_output() const = 0;
  /// May output be inputs[0]?
  virtual bool forward_in_place() const { return false; }
  /// May input_gradients[0] be output_gradient?
  virtual bool backward_in_place() const { return false; }
  /// Does backward change output_gradient, other than by writing input_gradients[0] in place?
  virtual bool clobbers_output_gradient() const { return false; }
  /// Is the gradient of every input output_gradient itself, as backward leaves it? Then backward
  /// gets no input_gradients.
  virtual bool shares_output_gradient() const { return false; }
  /// Does it compute something else for another StepContext, its pass_weight aside?
  virtual bool depends_on_step() const { return false; }
  virtual std::size_t saved_bytes() const { return 0; }
  virtual std::size_t scratch_bytes() const { return 0; }

  virtual void forward(const ForwardArgs&) = 0;
  virtual void backward(const BackwardArgs&) = 0;

 protected:
  Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;
};

}  // namespace dtrain::nn
