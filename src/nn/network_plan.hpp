// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What a Network decides once: layouts, reorders, which memory each call reads and writes, and how
// gradients meet where a value has several readers.
//
// Time runs in steps: node k of n runs forward at step k and backward at step 2n-1-k. A buffer
// lives from its first use to its last; buffers that do not live together may share memory.

#include <memory>
#include <span>
#include <vector>

#include "nn/graph.hpp"
#include "nn/memory_plan.hpp"

namespace dtrain::nn {

/// Index of a buffer of the plan. The first two are the caller's memory.
using BufferId = int;
inline constexpr BufferId no_buffer = -1;
inline constexpr BufferId input_buffer = 0;
inline constexpr BufferId output_gradient_buffer = 1;

/// out = a + b, or out = a where b is no_buffer.
struct GradientSum {
  kernels::Elements elements = 0;
  BufferId a = no_buffer, b = no_buffer, out = no_buffer;
};

/// One layer (or reorder) and the memory of its calls.
struct PlannedNode {
  std::unique_ptr<Layer> layer;
  const LayerSpec* spec = nullptr;  ///< null: a reorder
  std::size_t first_parameter = 0;  ///< in model order; as many as the spec has
  std::vector<int> inputs;          ///< values
  int output = 0;                   ///< value
  bool runs_backward = false;
  std::vector<bool> wants_gradient;  ///< per input

  BufferId saved = no_buffer, forward_scratch = no_buffer, backward_scratch = no_buffer;
  BufferId output_gradient = no_buffer;
  std::vector<BufferId> input_gradients;  ///< no_buffer: not wanted, or shared with the output's
  std::vector<GradientSum> sums_before, sums_after;  ///< around the call of backward
};

/// The output of a node, or the network's input (value 0).
struct PlannedValue {
  kernels::Layout layout;
  bool has_gradient = false;  ///< depends on a trainable parameter
  BufferId buffer = no_buffer;
};

struct NetworkPlan {
  std::vector<PlannedNode> nodes;
  std::vector<PlannedValue> values;
  int output = 0;  ///< value
  std::vector<kernels::Layout> parameter_layouts;
  std::vector<BufferLifetime> buffers;
  MemoryPlan memory;
  std::size_t unshared_bytes = 0;
};

/// The layers in the layouts that they want, with reorders where neighbours disagree: all but the
/// buffers. Arguments as in Network.
NetworkPlan plan_layers(const Model& model, const kernels::Backend& backend, std::int64_t batch,
                        kernels::Pass pass, std::span<const kernels::Layout> parameter_layouts);

/// Adds the buffers and their places in memory.
void plan_buffers(NetworkPlan& plan, kernels::Pass pass);

/// Of a plan that has its buffers: Network::moved_bytes().
std::size_t moved_bytes(const NetworkPlan& plan);

}  // namespace dtrain::nn
