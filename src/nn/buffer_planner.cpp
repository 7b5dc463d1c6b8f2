// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <algorithm>
#include <map>
#include <utility>

#include "nn/network_plan.hpp"

namespace dtrain::nn {
namespace {

using kernels::Layout;

std::size_t at(int index) {
  return static_cast<std::size_t>(index);
}

/// Gives every value, gradient and scratch area a buffer with a lifetime.
class BufferPlanner {
 public:
  explicit BufferPlanner(NetworkPlan& plan)
      : plan_(plan), node_count_(static_cast<int>(plan.nodes.size())) {
    new_buffer(0, 0);  // input_buffer
    new_buffer(0, 0);  // output_gradient_buffer
  }

  void plan_forward() {
    find_last_uses();
    plan_.values[0].buffer = input_buffer;
    for (int k = 0; k < node_count_; ++k) {
      PlannedNode& node = plan_.nodes[at(k)];
      const int end = node.runs_backward ? backward_step(k) : k;
      node.saved = optional_buffer(node.layer->saved_bytes(), k);
      touch(node.saved, end);
      node.forward_scratch = optional_buffer(node.layer->scratch_bytes(), k);

      PlannedValue& output = plan_.values[at(node.output)];
      const std::size_t bytes = output.layout.bytes();
      const PlannedValue& input = plan_.values[at(node.inputs[0])];
      const bool in_place = node.layer->forward_in_place() && input.buffer != input_buffer &&
                            last_use_[at(node.inputs[0])] <= k && input.layout.bytes() == bytes;
      output.buffer = in_place ? input.buffer : new_buffer(bytes, k);
      if (in_place) plan_.unshared_bytes += bytes;
      touch(output.buffer, last_use_[at(node.output)]);
    }
  }

  void plan_backward() {
    gradients_.assign(plan_.values.size(), no_buffer);
    claim(plan_.output, output_gradient_buffer);
    for (int k = node_count_ - 1; k >= 0; --k)
      if (plan_.nodes[at(k)].runs_backward) plan_backward(plan_.nodes[at(k)], backward_step(k));
  }

 private:
  int backward_step(int node) const { return 2 * node_count_ - 1 - node; }

  void find_last_uses() {
    last_use_.assign(plan_.values.size(), 0);
    const auto use = [&](int value, int step) {
      last_use_[at(value)] = std::max(last_use_[at(value)], step);
    };
    for (int k = 0; k < node_count_; ++k) {
      const PlannedNode& node = plan_.nodes[at(k)];
      use(node.output, k);
      for (int input : node.inputs) {
        use(input, k);
        if (node.runs_backward && node.layer->needs_input()) use(input, backward_step(k));
      }
      if (node.runs_backward && node.layer->needs_output()) use(node.output, backward_step(k));
    }
    use(plan_.output, 2 * node_count_);  // until the next forward
  }

  // A gradient buffer has as many owners as there are values whose gradient so far is its content.
  // Only a sole owner may change it.

  void plan_backward(PlannedNode& node, int step) {
    BufferId gradient = gradients_[at(node.output)];
    DTRAIN_ASSERT(gradient != no_buffer);
    const Layout& output_layout = plan_.values[at(node.output)].layout;
    if (node.layer->clobbers_output_gradient() && owners_[gradient] > 1) {
      const BufferId copy = new_buffer(output_layout.bytes(), step);
      touch(gradient, step);
      node.sums_before.push_back({output_layout.elements(), gradient, no_buffer, copy});
      --owners_[gradient];
      ++owners_[copy];
      gradient = copy;
    }
    touch(gradient, step);
    node.output_gradient = gradient;
    node.backward_scratch = optional_buffer(node.layer->scratch_bytes(), step);

    const bool is_sole_owner = owners_[gradient] == 1;
    --owners_[gradient];
    std::vector<std::pair<int, BufferId>> contributions;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (!node.wants_gradient[i]) continue;
      const std::size_t bytes = plan_.values[at(node.inputs[i])].layout.bytes();
      BufferId buffer = gradient;
      if (!node.layer->shares_output_gradient()) {
        const bool in_place = i == 0 && is_sole_owner && node.layer->backward_in_place() &&
                              bytes == output_layout.bytes();
        if (!in_place) buffer = new_buffer(bytes, step);
        node.input_gradients[i] = buffer;
      }
      if (buffer == gradient) plan_.unshared_bytes += bytes;
      ++owners_[buffer];
      contributions.emplace_back(node.inputs[i], buffer);
    }
    for (const auto& [value, buffer] : contributions) contribute(node, step, value, buffer);
  }

  /// Makes the owned `buffer` the value's gradient, or adds it to what is there.
  void contribute(PlannedNode& node, int step, int value, BufferId buffer) {
    const BufferId sum_so_far = gradients_[at(value)];
    if (sum_so_far == no_buffer) {
      gradients_[at(value)] = buffer;
      return;
    }
    const Layout& layout = plan_.values[at(value)].layout;
    const BufferId out = owners_[sum_so_far] == 1 ? sum_so_far
                         : owners_[buffer] == 1   ? buffer
                                                  : new_buffer(layout.bytes(), step);
    touch(sum_so_far, step);
    touch(buffer, step);
    node.sums_after.push_back({layout.elements(), sum_so_far, buffer, out});
    --owners_[sum_so_far];
    --owners_[buffer];
    claim(value, out);
  }

  void claim(int value, BufferId buffer) {
    ++owners_[buffer];
    gradients_[at(value)] = buffer;
  }

  BufferId new_buffer(std::size_t bytes, int step) {
    plan_.buffers.push_back({bytes, step, step});
    plan_.unshared_bytes += bytes;
    return static_cast<BufferId>(plan_.buffers.size()) - 1;
  }
  BufferId optional_buffer(std::size_t bytes, int step) {
    return bytes == 0 ? no_buffer : new_buffer(bytes, step);
  }
  void touch(BufferId buffer, int step) {
    if (buffer == no_buffer) return;
    BufferLifetime& lifetime = plan_.buffers[at(buffer)];
    lifetime.first = std::min(lifetime.first, step);
    lifetime.last = std::max(lifetime.last, step);
  }

  NetworkPlan& plan_;
  int node_count_;
  std::vector<int> last_use_;        // per value
  std::vector<BufferId> gradients_;  // per value: where its gradient so far is
  std::map<BufferId, int> owners_;
};

}  // namespace

void plan_buffers(NetworkPlan& plan, kernels::Pass pass) {
  BufferPlanner planner(plan);
  planner.plan_forward();
  if (pass == kernels::Pass::training) planner.plan_backward();
  plan.memory = plan_memory(plan.buffers);
}

}  // namespace dtrain::nn
