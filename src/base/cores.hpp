// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <vector>

namespace dtrain {

/// The operating system's numbers of the cores in this thread's affinity mask, ascending; empty
/// where it does not say.
std::vector<int> core_numbers();

/// How many these are, or all that are online where it does not say; at least 1.
int available_cores();

}  // namespace dtrain
