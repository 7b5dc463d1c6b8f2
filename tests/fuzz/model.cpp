// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/model.hpp"
#include "tests/fuzz/target.hpp"

/// A model file for small colour images.
void dtrain::fuzz::read_input(Bytes bytes) {
  const auto model = nn::Model::load(as_file("model.json", bytes).string(), {{3, 32, 32}, 10});
  model.parameter_count();
  model.flops_per_sample();
}
