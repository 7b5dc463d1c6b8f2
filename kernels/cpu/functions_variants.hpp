// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// One table per instruction set; functions_<set>.cpp is compiled for it (kernels/CMakeLists.txt).

#include "kernels/cpu/functions.hpp"

namespace dtrain::kernels::cpu {

extern const Functions functions_baseline;
extern const Functions functions_avx2;
extern const Functions functions_avx512;

}  // namespace dtrain::kernels::cpu
