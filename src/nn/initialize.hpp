// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstdint>
#include <vector>

#include "tensor/parameter.hpp"

namespace dtrain::nn {

/// Initial value in canonical order. Element i is a function of (seed, name, i) alone.
///   he_normal       N(0, 2 / fan_in)                  K. He et al., 2015
///   uniform_fan_in  U(-1/sqrt(fan_in), 1/sqrt(fan_in))
std::vector<float> initial_value(const tensor::ParameterSpec& spec, std::uint64_t seed);

}  // namespace dtrain::nn
