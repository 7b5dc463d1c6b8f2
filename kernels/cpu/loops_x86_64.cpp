// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "base/assert.hpp"
#include "kernels/cpu/loops_variants.hpp"

namespace dtrain::kernels::cpu {

const Loops& loops(InstructionSet set) {
  DTRAIN_ASSERT(is_supported(set));
  switch (set) {
    case InstructionSet::avx512:
      return loops_avx512;
    case InstructionSet::avx2:
      return loops_avx2;
    default:
      return loops_baseline;
  }
}

}  // namespace dtrain::kernels::cpu
