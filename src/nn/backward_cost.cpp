// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/backward_cost.hpp"

#include <algorithm>

namespace dtrain::nn {

std::vector<std::int64_t> backward_madds(const Model& model) {
  const std::vector<LayerSpec>& layers = model.layers();
  std::vector<bool> has_gradient(layers.size());  // does the output depend on a parameter?
  std::vector<std::int64_t> madds;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const bool input_has_gradient = std::ranges::any_of(layers[i].inputs, [&](int input) {
      return input >= 0 && has_gradient[static_cast<std::size_t>(input)];
    });
    has_gradient[i] = input_has_gradient || !layers[i].parameters.empty();
    madds.push_back(layers[i].forward_madds * (input_has_gradient ? 2 : 1));
  }
  return madds;
}

}  // namespace dtrain::nn
