// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <memory>
#include <string_view>

#include "nn/layer.hpp"

namespace dtrain::nn {

/// What a layer type says of itself before anything is planned.
struct LayerDescription {
  Shape output_shape;                             ///< of one sample
  std::vector<tensor::ParameterSpec> parameters;  ///< names without the layer's prefix
  std::int64_t forward_madds = 0;
};

/// When a layer hands its input on as it is, perhaps in another shape: the planner leaves it out.
enum class PassesThrough { never, in_inference, always };

/// One row per layer type; the table is in layer_registry.cpp.
struct LayerType {
  std::string_view name;
  /// Checks the attributes and resolves shapes. Throws InputError; the caller adds file and layer.
  LayerDescription (*describe)(const nlohmann::json& attributes, std::span<const Shape> inputs,
                               const InputSpec& input);
  /// Null where the layer always passes through.
  std::unique_ptr<Layer> (*make)(const LayerPlan&);
  /// A ReLU that follows as the only consumer may run inside this layer.
  bool fuses_relu = false;
  /// This layer after a ReLU equals a ReLU after this layer, gradients included.
  bool commutes_with_relu = false;
  /// Takes an image in any layout where the model file shows it features.
  bool flattens_input = false;
  PassesThrough passes_through = PassesThrough::never;
};

/// Throws InputError listing the known types.
const LayerType& layer_type(std::string_view name);

}  // namespace dtrain::nn
