// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/initialize.hpp"

#include <cmath>

#include "base/hash.hpp"
#include "base/rng.hpp"

namespace dtrain::nn {

std::vector<float> initial_value(const tensor::ParameterSpec& spec, std::uint64_t seed) {
  using tensor::Initializer;
  const Rng rng(seed, RngPurpose::initialisation, hash64(spec.name));
  const double fan_in = static_cast<double>(spec.fan_in);
  std::vector<float> value(static_cast<std::size_t>(spec.shape.elements()));
  switch (spec.initializer) {
    case Initializer::zeros:
      break;
    case Initializer::ones:
      value.assign(value.size(), 1.0f);
      break;
    case Initializer::he_normal: {
      const auto deviation = static_cast<float>(std::sqrt(2.0 / fan_in));
      rng.fill_normal(value);
      for (float& element : value) element *= deviation;
      break;
    }
    case Initializer::uniform_fan_in: {
      const auto bound = static_cast<float>(1.0 / std::sqrt(fan_in));
      for (std::size_t i = 0; i < value.size(); ++i)
        value[i] = bound * (2.0f * unit_float(rng.at(i)) - 1.0f);
      break;
    }
  }
  return value;
}

}  // namespace dtrain::nn
