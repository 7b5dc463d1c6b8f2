// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/network.hpp"

#include <algorithm>

#include "base/detail_sink.hpp"
#include "nn/network_plan.hpp"
#include "nn/recorded_passes.hpp"

namespace dtrain::nn {
namespace {

/// A planned node's arguments as pointers, so that a call looks nothing up.
struct BoundNode {
  std::vector<const float*> inputs, backward_inputs;
  const float* backward_output = nullptr;
  float* output = nullptr;
  std::vector<ParameterView> parameters;
  void *saved = nullptr, *forward_scratch = nullptr, *backward_scratch = nullptr;
  float* output_gradient = nullptr;
  std::vector<float*> input_gradients;
};

std::string_view name_of(const PlannedNode& node) {
  return node.spec != nullptr ? std::string_view(node.spec->name) : "reorder";
}

}  // namespace

struct Network::Impl {
  const kernels::KernelTable& table;
  kernels::Device& device;
  std::int64_t batch;
  NetworkPlan plan;
  float* workspace = nullptr;
  std::vector<float*> buffers = {};  // by BufferId
  std::vector<BoundNode> bound = {};
  // Where the caller's memory is named in `bound`: it may be another one at each call.
  std::vector<const float**> input_uses = {};
  std::vector<float**> output_gradient_uses = {};
  RecordedPasses passes = {};
  bool depends_on_step = false;
  const float* first_gradient = nullptr;  ///< of bind()'s parameters: where gradients go

  float* pointer(BufferId buffer) const {
    return buffer == no_buffer ? nullptr : buffers[static_cast<std::size_t>(buffer)];
  }

  BoundNode bind_node(const PlannedNode& node) const {
    const auto value = [&](int index) {
      return pointer(plan.values[static_cast<std::size_t>(index)].buffer);
    };
    BoundNode result;
    for (int input : node.inputs) {
      result.inputs.push_back(value(input));
      result.backward_inputs.push_back(node.layer->needs_input() ? value(input) : nullptr);
    }
    result.output = value(node.output);
    if (node.layer->needs_output()) result.backward_output = result.output;
    if (node.spec != nullptr) result.parameters.resize(node.spec->parameters.size());
    result.saved = pointer(node.saved);
    result.forward_scratch = pointer(node.forward_scratch);
    result.backward_scratch = pointer(node.backward_scratch);
    result.output_gradient = pointer(node.output_gradient);
    for (BufferId buffer : node.input_gradients) result.input_gradients.push_back(pointer(buffer));
    return result;
  }

  void bind_workspace(float* memory) {
    workspace = memory;
    passes.clear();
    buffers.clear();
    for (std::size_t offset : plan.memory.offsets)
      buffers.push_back(memory + offset / sizeof(float));
    bound.clear();
    for (const PlannedNode& node : plan.nodes) bound.push_back(bind_node(node));
    note_uses_of_callers_memory();
  }

  void note_uses_of_callers_memory() {
    input_uses.clear();
    output_gradient_uses.clear();
    for (std::size_t k = 0; k < bound.size(); ++k) {
      const PlannedNode& node = plan.nodes[k];
      for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        if (node.inputs[i] == 0) {
          input_uses.push_back(&bound[k].inputs[i]);
          if (node.layer->needs_input()) input_uses.push_back(&bound[k].backward_inputs[i]);
        }
        if (node.input_gradients[i] == output_gradient_buffer)
          output_gradient_uses.push_back(&bound[k].input_gradients[i]);
      }
      if (node.output_gradient == output_gradient_buffer)
        output_gradient_uses.push_back(&bound[k].output_gradient);
    }
  }

  bool may_replay(const StepContext& context) const {
    return device.can_record() && context.may_replay && context.details == nullptr &&
           !depends_on_step;
  }
  /// Of a pass with the memory that is bound.
  PassKey key(const float* output_gradient, const StepContext& context) const {
    return {pointer(input_buffer), output_gradient, first_gradient, context.pass_weight};
  }

  void issue_forward(const StepContext& context, kernels::Stream& stream,
                     const LayerDone& on_layer_done) const {
    for (std::size_t k = 0; k < bound.size(); ++k) {
      const BoundNode& node = bound[k];
      const PlannedNode& planned = plan.nodes[k];
      const ScopedDetail detail(context.details, "forward", name_of(planned));
      planned.layer->forward({node.inputs, node.output, node.parameters, node.saved,
                              node.forward_scratch, context, stream});
      if (on_layer_done && planned.spec != nullptr)
        on_layer_done(*planned.spec, node.output,
                      plan.values[static_cast<std::size_t>(planned.output)].layout.elements());
    }
  }

  /// Calls visit(k) for the nodes that run backward, in that order.
  template <class Visit>
  void for_each_backward(const Visit& visit) const {
    for (std::size_t k = bound.size(); k-- > 0;)
      if (plan.nodes[k].runs_backward) visit(k);
  }
  void issue_backward(std::size_t k, const StepContext& context, kernels::Stream& stream) const {
    const BoundNode& node = bound[k];
    const PlannedNode& planned = plan.nodes[k];
    const ScopedDetail detail(context.details, "backward", name_of(planned));
    run(planned.sums_before, stream);
    planned.layer->backward({node.backward_inputs, node.backward_output, node.output_gradient,
                             node.input_gradients, node.parameters, node.saved,
                             node.backward_scratch, context, stream});
    run(planned.sums_after, stream);
  }
  void tell_gradients(std::size_t k, const GradientReady& on_gradient_ready) const {
    const PlannedNode& planned = plan.nodes[k];
    for (std::size_t i = bound[k].parameters.size(); i-- > 0;)
      if (planned.spec->parameters[i].role == tensor::ParameterRole::trainable)
        on_gradient_ready(planned.first_parameter + i);
  }

  void run(const std::vector<GradientSum>& sums, kernels::Stream& stream) const {
    for (const GradientSum& sum : sums) {
      if (sum.b == no_buffer)
        table.activation_forward(kernels::Activation::none, sum.elements, pointer(sum.a),
                                 pointer(sum.out), stream);
      else
        table.add(kernels::AddActivation::none, sum.elements, pointer(sum.a), pointer(sum.b),
                  pointer(sum.out), stream);
    }
  }
};

Network::Network(const Model& model, const kernels::Backend& backend, std::int64_t batch,
                 kernels::Pass pass, std::span<const kernels::Layout> parameter_layouts)
    : impl_(new Impl{*backend.kernels, *backend.device, batch,
                     plan_layers(model, backend, batch, pass, parameter_layouts)}) {
  plan_buffers(impl_->plan, pass);
  impl_->depends_on_step = std::ranges::any_of(
      impl_->plan.nodes, [](const PlannedNode& node) { return node.layer->depends_on_step(); });
}

Network::~Network() = default;
Network::Network(Network&&) noexcept = default;

std::int64_t Network::batch() const {
  return impl_->batch;
}

std::vector<kernels::Layout> Network::parameter_layouts() const {
  return impl_->plan.parameter_layouts;
}

bool Network::depends_on_step() const {
  return impl_->depends_on_step;
}

std::size_t Network::workspace_bytes() const {
  return impl_->plan.memory.total_bytes;
}

std::size_t Network::unshared_bytes() const {
  return impl_->plan.unshared_bytes;
}

std::size_t Network::moved_bytes() const {
  return nn::moved_bytes(impl_->plan);
}

void Network::bind(float* workspace, std::span<const ParameterView> parameters) {
  Impl& self = *impl_;
  DTRAIN_ASSERT(parameters.size() == self.plan.parameter_layouts.size());
  if (self.buffers.empty() || workspace != self.workspace) self.bind_workspace(workspace);
  self.first_gradient = parameters.empty() ? nullptr : parameters[0].gradient;
  for (std::size_t k = 0; k < self.bound.size(); ++k) {
    std::vector<ParameterView>& views = self.bound[k].parameters;
    std::copy_n(
        parameters.begin() + static_cast<std::ptrdiff_t>(self.plan.nodes[k].first_parameter),
        views.size(), views.begin());
  }
}

const float* Network::forward(const float* input, const StepContext& context,
                              kernels::Stream& stream, const LayerDone& on_layer_done) {
  Impl& self = *impl_;
  DTRAIN_ASSERT(self.bound.size() == self.plan.nodes.size());
  self.buffers[input_buffer] = const_cast<float*>(input);
  for (const float** use : self.input_uses) *use = input;
  const auto issue = [&] { self.issue_forward(context, stream, on_layer_done); };
  if (self.may_replay(context) && !on_layer_done)
    self.passes.run(self.device, stream, self.key(nullptr, context), issue);
  else
    issue();
  return self.pointer(self.plan.values[static_cast<std::size_t>(self.plan.output)].buffer);
}

void Network::backward(float* output_gradient, const StepContext& context, kernels::Stream& stream,
                       const GradientReady& on_gradient_ready) {
  Impl& self = *impl_;
  self.buffers[output_gradient_buffer] = output_gradient;
  for (float** use : self.output_gradient_uses) *use = output_gradient;
  if (!self.may_replay(context)) {
    self.for_each_backward([&](std::size_t k) {
      self.issue_backward(k, context, stream);
      self.tell_gradients(k, on_gradient_ready);
    });
    return;
  }
  self.passes.run(self.device, stream, self.key(output_gradient, context), [&] {
    self.for_each_backward([&](std::size_t k) { self.issue_backward(k, context, stream); });
  });
  self.for_each_backward([&](std::size_t k) { self.tell_gradients(k, on_gradient_ready); });
}

}  // namespace dtrain::nn
