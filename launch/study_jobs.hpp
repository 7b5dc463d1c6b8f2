// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "launch/study_steps.hpp"

namespace dtrain::launch {

/// A script for bash that submits a study to Slurm, and is what its jobs run: for each number of ranks an
/// array with one task per repeat, and a job behind them all that collects what is there. `own_words`:
/// of the study's command line, from its kind up to the `--`, without --dry-run.
std::string slurm_script(const StudyOptions& options, const std::vector<std::string>& own_words);

}  // namespace dtrain::launch
