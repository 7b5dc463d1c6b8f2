// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "nn/layers/layers.hpp"
#include "nn/network_plan.hpp"

namespace dtrain::nn {
namespace {

using kernels::Layout;
using kernels::Pass;

std::size_t at(int index) {
  return static_cast<std::size_t>(index);
}

/// Plans the layers one after the other, in the layouts that they want.
class LayerPlanner {
 public:
  LayerPlanner(const Model& model, const kernels::Backend& backend, std::int64_t batch, Pass pass,
               std::span<const Layout> parameter_layouts)
      : model_(model), backend_(backend), batch_(batch), pass_(pass), given_(parameter_layouts) {}

  NetworkPlan plan() {
    std::map<const LayerSpec*, std::size_t> first_parameter;
    std::size_t parameters = 0;
    for (const LayerSpec& spec : model_.layers()) {
      first_parameter[&spec] = parameters;
      parameters += spec.parameters.size();
    }
    DTRAIN_ASSERT(given_.empty() || given_.size() == parameters);
    plan_.parameter_layouts.resize(parameters);

    plan_.values.push_back(
        {.layout = Layout::plain(model_.input().sample_shape.with_batch(batch_))});
    const Graph graph = simplify(model_, pass_);
    std::vector<int> value_of_node;
    for (const GraphNode& node : graph.nodes) {
      std::vector<int> sources;
      for (int input : node.inputs) sources.push_back(input < 0 ? 0 : value_of_node[at(input)]);
      value_of_node.push_back(add_layer(node, sources, first_parameter[node.spec]));
    }
    const int last = graph.output < 0 ? 0 : value_of_node[at(graph.output)];
    plan_.output = converted(last, Layout::plain({batch_, model_.input().classes}));
    return std::move(plan_);
  }

 private:
  int add_layer(const GraphNode& node, const std::vector<int>& sources,
                std::size_t first_parameter) {
    const std::size_t parameter_count = node.spec->parameters.size();
    LayerPlan layer_plan{.backend = backend_,
                         .spec = *node.spec,
                         .batch = batch_,
                         .pass = pass_,
                         .inputs = {},
                         .needs_input_gradient = false,
                         .fused = node.fused,
                         .parameters = {}};
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const PlannedValue& source = plan_.values[at(sources[i])];
      const Layout seen = Layout::plain(node.input_shapes[i].with_batch(batch_));
      const bool as_it_is = node.type->flattens_input || source.layout.shape() == seen.shape();
      layer_plan.inputs.push_back(as_it_is ? source.layout : seen);
      layer_plan.needs_input_gradient |= source.has_gradient;
    }
    if (!given_.empty()) {
      const auto layouts = given_.subspan(first_parameter, parameter_count);
      layer_plan.parameters.assign(layouts.begin(), layouts.end());
    }

    PlannedNode planned;
    planned.layer = node.type->make(layer_plan);
    planned.spec = node.spec;
    planned.first_parameter = first_parameter;
    const std::vector<Layout> layouts = planned.layer->parameter_layouts();
    DTRAIN_ASSERT(layouts.size() == parameter_count);
    std::ranges::copy(
        layouts, plan_.parameter_layouts.begin() + static_cast<std::ptrdiff_t>(first_parameter));
    for (std::size_t i = 0; i < sources.size(); ++i)
      planned.inputs.push_back(
          converted(sources[i], planned.layer->input_layout(static_cast<int>(i))));
    return append(std::move(planned));
  }

  /// The value in another layout; in another shape too, which costs nothing where both are plain.
  int converted(int value, const Layout& wanted) {
    const Layout have = plan_.values[at(value)].layout;
    if (have == wanted) return value;
    if (have.shape() == wanted.shape()) return reordered(value, have, wanted);
    DTRAIN_ASSERT(have.shape().elements() == wanted.shape().elements());
    if (!have.is_plain()) value = reordered(value, have, Layout::plain(have.shape()));
    if (wanted.is_plain()) return value;
    return reordered(value, Layout::plain(wanted.shape()), wanted);
  }

  int reordered(int value, const Layout& from, const Layout& to) {
    const auto key = std::pair(value, to.shape().to_string() + " " + to.name());
    const auto known = reorders_.find(key);
    if (known != reorders_.end()) return known->second;
    PlannedNode node;
    node.layer = make_reorder_layer(backend_, from, to, pass_);
    node.inputs = {value};
    return reorders_[key] = append(std::move(node));
  }

  int append(PlannedNode node) {
    bool has_gradient = false;
    if (node.spec != nullptr)
      has_gradient = std::ranges::any_of(node.spec->parameters, [](const auto& parameter) {
        return parameter.role == tensor::ParameterRole::trainable;
      });
    for (int input : node.inputs) {
      node.wants_gradient.push_back(plan_.values[at(input)].has_gradient);
      has_gradient |= node.wants_gradient.back();
    }
    has_gradient &= pass_ == Pass::training;
    node.runs_backward = has_gradient;
    node.input_gradients.assign(node.inputs.size(), no_buffer);
    node.output = static_cast<int>(plan_.values.size());
    plan_.values.push_back({.layout = node.layer->output_layout(), .has_gradient = has_gradient});
    plan_.nodes.push_back(std::move(node));
    return plan_.nodes.back().output;
  }

  const Model& model_;
  const kernels::Backend& backend_;
  std::int64_t batch_;
  Pass pass_;
  std::span<const Layout> given_;
  NetworkPlan plan_;
  std::map<std::pair<int, std::string>, int> reorders_;
};

}  // namespace

NetworkPlan plan_layers(const Model& model, const kernels::Backend& backend, std::int64_t batch,
                        Pass pass, std::span<const Layout> parameter_layouts) {
  return LayerPlanner(model, backend, batch, pass, parameter_layouts).plan();
}

}  // namespace dtrain::nn
