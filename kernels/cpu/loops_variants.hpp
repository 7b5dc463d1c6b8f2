// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// One table per instruction set; loops_<set>.cpp is compiled for it (kernels/cpu/CMakeLists.txt).

#include "kernels/cpu/loops.hpp"

namespace dtrain::kernels::cpu {

extern const Loops loops_baseline;
extern const Loops loops_avx2;
extern const Loops loops_avx512;

}  // namespace dtrain::kernels::cpu
