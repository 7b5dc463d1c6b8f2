// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "tests/fuzz/beneath_hdf5.hpp"
#include "tests/fuzz/target.hpp"
#include "train/checkpoint.hpp"

/// What --init takes, which needs no seal; then handed on, as one rank does to the others.
void dtrain::fuzz::read_input(Bytes bytes) {
  const auto file = as_file("weights.h5", bytes);
  if (crashes_beneath_hdf5([&] { train::read_weights(file); })) return;
  train::decode(train::encode(train::read_weights(file)), "shared");
}
