// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/cpu/loops/table.hpp"
#include "kernels/cpu/loops_variants.hpp"

namespace dtrain::kernels::cpu {

constinit const Loops loops_avx512 = table;

}  // namespace dtrain::kernels::cpu
