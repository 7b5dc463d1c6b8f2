// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// {"type": "flatten"}: an image (C, H, W) seen as C*H*W features. It moves nothing: the planner
// leaves it out, and a linear layer after it reads the image in the layout that it has.

#include "nn/attributes.hpp"
#include "nn/layers/layers.hpp"

namespace dtrain::nn {
namespace {

LayerDescription describe(const nlohmann::json& json, std::span<const Shape> inputs,
                          const InputSpec&) {
  Attributes(json).expect_no_others();
  return {.output_shape = {single_input(inputs).elements()}, .parameters = {}, .forward_madds = 0};
}

}  // namespace

LayerType flatten_type() {
  return {.name = "flatten",
          .describe = describe,
          .make = nullptr,
          .passes_through = PassesThrough::always};
}

}  // namespace dtrain::nn
