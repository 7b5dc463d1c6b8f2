// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/graph.hpp"

#include <algorithm>

namespace dtrain::nn {
namespace {

using kernels::Activation;

class Simplifier {
 public:
  explicit Simplifier(const Model& model) : is_removed_(model.layers().size()) {
    for (const LayerSpec& spec : model.layers()) {
      GraphNode node{&spec, &layer_type(spec.type), spec.inputs, {}, Activation::none};
      for (int input : spec.inputs)
        node.input_shapes.push_back(
            input < 0 ? model.input().sample_shape
                      : model.layers()[static_cast<std::size_t>(input)].output_shape);
      nodes_.push_back(std::move(node));
    }
    output_ = static_cast<int>(nodes_.size()) - 1;
  }

  void drop_what_passes_through(kernels::Pass pass) {
    for (int i = 0; i < size(); ++i) {
      const PassesThrough when = node(i).type->passes_through;
      if (when == PassesThrough::always ||
          (when == PassesThrough::in_inference && pass == kernels::Pass::inference))
        replace_by(i, node(i).inputs[0]);
    }
  }

  void move_relu_behind_pooling() {
    for (int i = 0; i < size(); ++i) {
      GraphNode& pool = node(i);
      if (is_removed(i) || !pool.type->commutes_with_relu) continue;
      const int before = pool.inputs[0];
      if (before < 0 || !is_relu(before) || consumers(before) != 1) continue;
      pool.inputs = node(before).inputs;
      pool.fused = Activation::relu;
      remove(before);
    }
  }

  void fuse_relu() {
    for (int i = 0; i < size(); ++i) {
      if (is_removed(i) || !is_relu(i)) continue;
      const int before = node(i).inputs[0];
      if (before < 0 || !node(before).type->fuses_relu || consumers(before) != 1) continue;
      // Already there: a second ReLU changes nothing.
      node(before).fused = Activation::relu;
      replace_by(i, before);
    }
  }

  Graph take() {
    Graph graph;
    std::vector<int> new_index(nodes_.size(), -1);
    for (int i = 0; i < size(); ++i) {
      if (is_removed(i)) continue;
      for (int& input : node(i).inputs)
        if (input >= 0) input = new_index[static_cast<std::size_t>(input)];
      new_index[static_cast<std::size_t>(i)] = static_cast<int>(graph.nodes.size());
      graph.nodes.push_back(std::move(node(i)));
    }
    if (output_ >= 0) graph.output = new_index[static_cast<std::size_t>(output_)];
    return graph;
  }

 private:
  int size() const { return static_cast<int>(nodes_.size()); }
  GraphNode& node(int index) { return nodes_[static_cast<std::size_t>(index)]; }
  bool is_removed(int index) const { return is_removed_[static_cast<std::size_t>(index)]; }
  bool is_relu(int index) { return node(index).type->name == "relu"; }

  /// How often its output is read; being the network's output counts.
  std::int64_t consumers(int index) {
    std::int64_t count = output_ == index ? 1 : 0;
    for (int i = 0; i < size(); ++i)
      if (!is_removed(i)) count += std::ranges::count(node(i).inputs, index);
    return count;
  }

  void remove(int index) { is_removed_[static_cast<std::size_t>(index)] = true; }

  void replace_by(int index, int replacement) {
    for (GraphNode& other : nodes_) std::ranges::replace(other.inputs, index, replacement);
    if (output_ == index) output_ = replacement;
    remove(index);
  }

  std::vector<GraphNode> nodes_;
  std::vector<bool> is_removed_;
  int output_ = -1;
};

}  // namespace

Graph simplify(const Model& model, kernels::Pass pass) {
  Simplifier simplifier(model);
  simplifier.drop_what_passes_through(pass);
  simplifier.move_relu_behind_pooling();
  simplifier.fuse_relu();
  return simplifier.take();
}

}  // namespace dtrain::nn
