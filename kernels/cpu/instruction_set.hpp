// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// One build serves a cluster of mixed nodes: own vector code is compiled once per instruction set
// and chosen at run time. CMake picks the sources of the architecture; elsewhere than x86-64 there
// is only the baseline, which is what the compiler targets by default.

#include <string_view>

namespace dtrain::kernels::cpu {

/// avx2: with FMA (x86-64-v3). avx512: F, BW, CD, DQ and VL (x86-64-v4).
enum class InstructionSet { baseline, avx2, avx512 };

/// Has this build code for it and can this machine run it?
bool is_supported(InstructionSet);

/// The best one that is supported.
InstructionSet best_instruction_set();

/// "avx512"
std::string_view to_string(InstructionSet);

}  // namespace dtrain::kernels::cpu
