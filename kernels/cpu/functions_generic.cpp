// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/cpu/functions_variants.hpp"

namespace dtrain::kernels::cpu {

const Functions& functions(InstructionSet set) {
  DTRAIN_ASSERT(is_supported(set));
  return functions_baseline;
}

}  // namespace dtrain::kernels::cpu
