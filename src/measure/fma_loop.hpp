// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstdint>

#include "kernels/cpu/instruction_set.hpp"

namespace dtrain::measure {

/// A loop that does nothing but independent multiply-adds in registers.
struct FmaLoop {
  std::int64_t flops_per_iteration;
  /// Returns a number that depends on every multiply-add, so that none can be left out.
  float (*run)(std::int64_t iterations);
};

/// The loop for an instruction set that this machine supports.
FmaLoop fma_loop(kernels::cpu::InstructionSet);

}  // namespace dtrain::measure
