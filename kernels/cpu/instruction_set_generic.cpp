// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/cpu/instruction_set.hpp"

namespace dtrain::kernels::cpu {

bool is_supported(InstructionSet set) {
  return set == InstructionSet::baseline;
}

}  // namespace dtrain::kernels::cpu
