// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <algorithm>

#include "nn/network_plan.hpp"

namespace dtrain::nn {
namespace {

using tensor::ParameterRole;

std::size_t bytes_of(const NetworkPlan& plan, int value) {
  return plan.values[static_cast<std::size_t>(value)].layout.bytes();
}

std::size_t saved_bytes(const NetworkPlan& plan, const PlannedNode& node) {
  return node.saved == no_buffer ? 0 : plan.buffers[static_cast<std::size_t>(node.saved)].bytes;
}

struct ParameterBytes {
  std::size_t values = 0;     ///< trainable ones
  std::size_t gradients = 0;  ///< and what batch norm observes
};

ParameterBytes parameter_bytes(const NetworkPlan& plan, const PlannedNode& node) {
  ParameterBytes sum;
  for (std::size_t i = 0; node.spec != nullptr && i < node.spec->parameters.size(); ++i) {
    const std::size_t bytes = plan.parameter_layouts[node.first_parameter + i].bytes();
    sum.gradients += bytes;
    if (node.spec->parameters[i].role == ParameterRole::trainable) sum.values += bytes;
  }
  return sum;
}

std::size_t forward_bytes(const NetworkPlan& plan, const PlannedNode& node) {
  std::size_t sum =
      bytes_of(plan, node.output) + saved_bytes(plan, node) + parameter_bytes(plan, node).values;
  for (const int input : node.inputs) sum += bytes_of(plan, input);
  return sum;
}

std::size_t sum_bytes(const std::vector<GradientSum>& sums) {
  std::size_t sum = 0;
  for (const GradientSum& each : sums)
    sum += static_cast<std::size_t>(each.elements.count) * kernels::bytes_of(each.elements.type) *
           (each.b == no_buffer ? 2 : 3);
  return sum;
}

std::size_t backward_bytes(const NetworkPlan& plan, const PlannedNode& node) {
  const ParameterBytes parameters = parameter_bytes(plan, node);
  std::size_t sum = sum_bytes(node.sums_before) + sum_bytes(node.sums_after);
  if (node.layer->shares_output_gradient()) return sum;  // it has nothing to do
  sum += bytes_of(plan, node.output) + saved_bytes(plan, node) + parameters.gradients;
  if (node.layer->needs_output()) sum += bytes_of(plan, node.output);
  if (std::ranges::find(node.wants_gradient, true) != node.wants_gradient.end())
    sum += parameters.values;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const std::size_t bytes = bytes_of(plan, node.inputs[i]);
    if (node.layer->needs_input()) sum += bytes;
    if (node.wants_gradient[i]) sum += bytes;
  }
  return sum;
}

}  // namespace

std::size_t moved_bytes(const NetworkPlan& plan) {
  std::size_t sum = 0;
  for (const PlannedNode& node : plan.nodes) {
    sum += forward_bytes(plan, node);
    if (node.runs_backward) sum += backward_bytes(plan, node);
  }
  return sum;
}

}  // namespace dtrain::nn
