// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <string>

#include "kernels/layout.hpp"

namespace dtrain::tensor {

/// trainable: a gradient is summed over ranks and an optimizer updates the value.
/// statistic: a buffer (batch norm's running mean and variance); what travels in its gradient slot is
/// this step's observation, weighted by samples, and the replica folds the sum into the value.
enum class ParameterRole { trainable, statistic };

/// How a value is drawn at the start (K. He et al., 2015, for what ReLU follows; PyTorch's default
/// for biases: uniform in +-1/sqrt(fan_in)).
enum class Initializer { zeros, ones, he_normal, uniform_fan_in };

/// What a layer asks for: one named array.
struct ParameterSpec {
  std::string name;  ///< "conv1.weight"
  Shape shape;       ///< canonical: conv (out, in, h, w), linear (out, in), as in PyTorch
  ParameterRole role = ParameterRole::trainable;
  Initializer initializer = Initializer::zeros;
  std::int64_t fan_in = 1;
  /// False for biases and batch norm: weight decay and trust ratios leave them alone.
  bool decays = true;
};

}  // namespace dtrain::tensor
