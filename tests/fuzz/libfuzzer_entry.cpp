// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <cstdint>

#include "tests/fuzz/target.hpp"

/// libFuzzer calls this with each input that it invents. An exception that gets out is a crash to it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  dtrain::fuzz::try_input(std::as_bytes(std::span(data, size)));
  return 0;
}
