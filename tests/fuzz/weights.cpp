// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "hdf5/rehearsal.hpp"
#include "tests/fuzz/target.hpp"
#include "train/checkpoint.hpp"

/// What --init takes, which needs no seal; then handed on, as one rank does to the others.
void dtrain::fuzz::read_input(Bytes bytes) {
  const auto file = as_file("weights.h5", bytes);
  hdf5::rehearse(file.string(), [&] { train::read_weights(file); });
  train::decode(train::encode(train::read_weights(file)), "shared");
}
