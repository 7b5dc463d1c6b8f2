// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <string>

#include "train/run_summary.hpp"

namespace dtrain::launch {

/// What a run shows at its end: how it ended, time, accuracy, speed, where a step's time went, and
/// where the files are.
std::string closing_summary(const train::RunSummary& run, const std::string& output);

/// "the others waited 3.2 s for rank 2 on node1, 31 % of the time"
std::string straggler_text(const train::Straggler& straggler);

}  // namespace dtrain::launch
