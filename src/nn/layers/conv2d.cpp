// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// {"type": "conv2d", "channels": 64, "kernel": 3, "stride": 1, "padding": 1, "groups": 1, "bias":
// true}

#include "base/error.hpp"
#include "nn/attributes.hpp"
#include "nn/layers/affine_layer.hpp"
#include "nn/layers/layers.hpp"

namespace dtrain::nn {
namespace {

using tensor::Initializer;
using tensor::ParameterRole;

/// The convolution of one sample of shape (C, H, W).
kernels::Conv2dSpec read(const nlohmann::json& json, const Shape& input) {
  Attributes attributes(json);
  kernels::Conv2dSpec spec;
  spec.batch = 1;
  spec.in_channels = input[0];
  spec.in_height = input[1];
  spec.in_width = input[2];
  spec.out_channels = attributes.integer("channels", 1);
  const Extent2d kernel = attributes.extent("kernel", 1);
  const Extent2d stride = attributes.extent("stride", 1, Extent2d{1, 1});
  const Extent2d padding = attributes.extent("padding", 0, Extent2d{0, 0});
  spec.groups = attributes.integer("groups", 1, 1);
  spec.has_bias = attributes.flag("bias", true);
  attributes.expect_no_others();

  spec.kernel_height = kernel.height;
  spec.kernel_width = kernel.width;
  spec.stride_height = stride.height;
  spec.stride_width = stride.width;
  spec.padding_height = padding.height;
  spec.padding_width = padding.width;
  return spec;
}

LayerDescription describe(const nlohmann::json& json, std::span<const Shape> inputs,
                          const InputSpec&) {
  const Shape& input = image_input(inputs);
  const kernels::Conv2dSpec spec = read(json, input);
  if (spec.in_channels % spec.groups != 0 || spec.out_channels % spec.groups != 0)
    throw InputError(
        fmt::format("\"groups\" is {}; it must divide the {} input channels and the {} "
                    "output channels",
                    spec.groups, spec.in_channels, spec.out_channels));
  if (spec.in_height + 2 * spec.padding_height < spec.kernel_height ||
      spec.in_width + 2 * spec.padding_width < spec.kernel_width)
    throw InputError(fmt::format(
        "a {}x{} kernel with padding {}x{} does not fit the {}x{} image; the dataset's images are "
        "too small for this model, or give \"padding\"",
        spec.kernel_height, spec.kernel_width, spec.padding_height, spec.padding_width,
        spec.in_height, spec.in_width));

  LayerDescription description;
  description.output_shape = {spec.out_channels, spec.out_height(), spec.out_width()};
  const Shape weight = spec.weight_shape();
  const std::int64_t outputs = checked_elements(description.output_shape, "an output");
  const std::int64_t fan_in = checked_elements(weight, "a weight") / spec.out_channels;
  description.parameters.push_back({"weight", weight, ParameterRole::trainable,
                                    Initializer::he_normal, fan_in, /*decays=*/true});
  if (spec.has_bias)
    description.parameters.push_back({"bias", Shape{spec.out_channels}, ParameterRole::trainable,
                                      Initializer::uniform_fan_in, fan_in, /*decays=*/false});
  description.forward_madds = outputs * fan_in;
  return description;
}

std::unique_ptr<Layer> make(const LayerPlan& plan) {
  const Shape& batched = plan.inputs[0].shape();
  kernels::Conv2dSpec spec = read(plan.spec.attributes, {batched[1], batched[2], batched[3]});
  spec.batch = plan.batch;
  spec.activation = plan.fused;
  spec.pass = plan.pass;
  spec.needs_input_gradient = plan.needs_input_gradient;
  spec.input = plan.inputs[0];
  if (!plan.parameters.empty()) spec.weight = plan.parameters[0];
  return std::make_unique<AffineLayer>(
      plan.backend.kernels->make_conv2d(*plan.backend.device, spec), plan);
}

}  // namespace

LayerType conv2d_type() {
  return {.name = "conv2d", .describe = describe, .make = make, .fuses_relu = true};
}

}  // namespace dtrain::nn
