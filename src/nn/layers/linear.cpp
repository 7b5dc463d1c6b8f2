// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// {"type": "linear", "units": 512, "bias": true}, "units": "classes" for as many as the dataset
// has. An image is flattened in the order (C, H, W).

#include "nn/attributes.hpp"
#include "nn/layers/affine_layer.hpp"
#include "nn/layers/layers.hpp"

namespace dtrain::nn {
namespace {

using tensor::Initializer;
using tensor::ParameterRole;

LayerDescription describe(const nlohmann::json& json, std::span<const Shape> inputs,
                          const InputSpec& data) {
  Attributes attributes(json);
  const std::int64_t units =
      attributes.is_text("units", "classes") ? data.classes : attributes.integer("units", 1);
  const bool has_bias = attributes.flag("bias", true);
  attributes.expect_no_others();

  const std::int64_t fan_in = single_input(inputs).elements();
  const Shape weight{units, fan_in};
  LayerDescription description;
  description.output_shape = {units};
  description.forward_madds = checked_elements(weight, "a weight");
  description.parameters.push_back({"weight", weight, ParameterRole::trainable,
                                    Initializer::he_normal, fan_in, /*decays=*/true});
  if (has_bias)
    description.parameters.push_back({"bias", Shape{units}, ParameterRole::trainable,
                                      Initializer::uniform_fan_in, fan_in, /*decays=*/false});
  return description;
}

std::unique_ptr<Layer> make(const LayerPlan& plan) {
  kernels::LinearSpec spec;
  spec.batch = plan.batch;
  spec.input_shape = Shape(plan.inputs[0].shape().extents().subspan(1));
  spec.out_features = plan.spec.output_shape[0];
  spec.has_bias = plan.spec.parameters.size() == 2;
  spec.activation = plan.fused;
  spec.pass = plan.pass;
  spec.needs_input_gradient = plan.needs_input_gradient;
  spec.input = plan.inputs[0];
  if (!plan.parameters.empty()) spec.weight = plan.parameters[0];
  return std::make_unique<AffineLayer>(
      plan.backend.kernels->make_linear(*plan.backend.device, spec), plan);
}

}  // namespace

LayerType linear_type() {
  return {.name = "linear",
          .describe = describe,
          .make = make,
          .fuses_relu = true,
          .flattens_input = true};
}

}  // namespace dtrain::nn
