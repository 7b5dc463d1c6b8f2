// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/cpu/functions/table.hpp"
#include "kernels/cpu/functions_variants.hpp"

namespace dtrain::kernels::cpu {

constinit const Functions functions_avx512 = table;

}  // namespace dtrain::kernels::cpu
