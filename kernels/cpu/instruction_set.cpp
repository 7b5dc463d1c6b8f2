// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/cpu/instruction_set.hpp"

namespace dtrain::kernels::cpu {

InstructionSet best_instruction_set() {
  for (InstructionSet set : {InstructionSet::avx512, InstructionSet::avx2})
    if (is_supported(set)) return set;
  return InstructionSet::baseline;
}

std::string_view to_string(InstructionSet set) {
  switch (set) {
    case InstructionSet::avx512:
      return "avx512";
    case InstructionSet::avx2:
      return "avx2";
    default:
      return "baseline";
  }
}

}  // namespace dtrain::kernels::cpu
