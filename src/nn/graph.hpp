// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The layers of a model that are left to run, after exact rewrites:
//   * what passes its input on (flatten, dropout in inference) is left out;
//   * ReLU before max-pooling moves behind it: it then runs on fewer elements;
//   * ReLU runs inside the layer before it where that layer can (LayerType::fuses_relu).

#include <vector>

#include "nn/layer_registry.hpp"

namespace dtrain::nn {

struct GraphNode {
  const LayerSpec* spec = nullptr;
  const LayerType* type = nullptr;
  /// Indices of nodes; -1: the network's input.
  std::vector<int> inputs;
  /// Shapes in which the layer sees its inputs: a flatten may have been left out.
  std::vector<Shape> input_shapes;
  kernels::Activation fused = kernels::Activation::none;
};

/// Every node comes after its inputs; `output` may be -1 where nothing is left to run.
struct Graph {
  std::vector<GraphNode> nodes;
  int output = -1;
};

/// `model` outlives the graph.
Graph simplify(const Model& model, kernels::Pass pass);

}  // namespace dtrain::nn
