// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// nn: networks as explicit forward and backward over a graph of layers.
//
// A Model is what a model file says, resolved for one dataset: which layers, in which order, with
// which shapes and parameters. It knows no batch size, no backend and no weights.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/shape.hpp"
#include "tensor/parameter.hpp"

namespace dtrain::nn {

/// What the dataset gives the model: it adapts to these.
struct InputSpec {
  Shape sample_shape;  ///< (C, H, W)
  std::int64_t classes = 0;
};

/// One layer of the graph with everything resolved.
struct LayerSpec {
  std::string type;           ///< "conv2d": a row of the layer registry
  std::string name;           ///< unique; parameters are "<name>.weight", …
  nlohmann::json attributes;  ///< as in the file, checked by the layer
  std::vector<int> inputs;    ///< indices of layers; -1: the network's input
  Shape output_shape;         ///< of one sample
  std::vector<tensor::ParameterSpec> parameters;
  std::int64_t forward_madds = 0;  ///< multiply-adds of one sample
};

class Model {
 public:
  /// Resolves a model file's text. `origin` names it in errors. Throws InputError that names the
  /// file, the layer and what does not fit.
  static Model parse(const std::string& text, const std::string& origin, const InputSpec& input);
  /// A built-in name ("cnn") or a path that ends in .json.
  static Model load(const std::string& name_or_path, const InputSpec& input);

  const std::string& name() const { return name_; }
  const InputSpec& input() const { return input_; }
  /// In an order in which every layer comes after its inputs; the last one is the output.
  const std::vector<LayerSpec>& layers() const { return layers_; }
  /// The file's `training` object: default settings ({} where there is none).
  const nlohmann::json& training() const { return training_; }
  /// The file's text, kept for checkpoints.
  const std::string& text() const { return text_; }

  std::int64_t parameter_count() const;
  /// Forward and backward of one sample, 2 per multiply-add, the first layer without backward-data.
  std::int64_t flops_per_sample() const;
  /// Batch norm makes the contract cut batches into shards.
  bool has_batch_norm() const;

 private:
  std::string name_, text_;
  InputSpec input_;
  std::vector<LayerSpec> layers_;
  nlohmann::json training_;
};

/// Height and width of the smallest square image that the model takes; none: not even a large one.
std::optional<std::int64_t> smallest_side(const std::string& text, const InputSpec& input);

/// Names of the built-in models, and the text of one (throws UsageError naming the others).
std::vector<std::string> builtin_model_names();
std::string builtin_model_text(const std::string& name);
/// The shape that benchmarks and `dtrain models NAME` use: 1x28x28 for mlp and mlp64, else 3x32x32;
/// 10 classes.
InputSpec reference_input(const std::string& model_name);

}  // namespace dtrain::nn
