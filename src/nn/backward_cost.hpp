// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstdint>
#include <vector>

#include "nn/model.hpp"

namespace dtrain::nn {

/// Multiply-adds of the backward of one sample, layer by layer: the gradient of the weights, and that of
/// the input where something before it has parameters. With those of forward, doubled, they are
/// Model::flops_per_sample().
std::vector<std::int64_t> backward_madds(const Model& model);

}  // namespace dtrain::nn
