// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/layer_registry.hpp"

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "nn/layers/layers.hpp"

namespace dtrain::nn {

const LayerType& layer_type(std::string_view name) {
  static const LayerType table[] = {
      conv2d_type(),
      linear_type(),
      max_pool_type(),
      average_pool_type(),
      global_average_pool_type(),
      batch_norm_type(),
      relu_type(),
      gelu_type(),
      sigmoid_type(),
      tanh_type(),
      add_type(),
      dropout_type(),
      flatten_type(),
  };
  std::vector<std::string_view> known;
  for (const LayerType& type : table) {
    if (type.name == name) return type;
    known.push_back(type.name);
  }
  throw InputError(
      fmt::format("unknown layer type \"{}\"; the types are {}", name, fmt::join(known, ", ")));
}

}  // namespace dtrain::nn
