// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "launch/study_steps.hpp"

namespace dtrain::launch {

/// Makes the folder the study's, or finds that it is: a study goes on where it was cut off, and may take
/// more models, ranks, batches or repeats into its folder. Throws UsageError where the folder holds
/// something else, or a study whose runs were of another kind, data, epochs or train options.
void claim_study_folder(const StudyOptions& options);

/// What a sum over ranks took, as `dtrain bench allreduce` says.
struct AllreduceTime {
  std::int64_t ranks = 1, nodes = 1, bytes = 0, repeat = 1;
  std::string algorithm;
  double median_us = 0;
};

/// All that the study measured so far, by ranks and repeat. Throws InputError.
std::vector<AllreduceTime> read_allreduce_times(const std::filesystem::path& folder);

}  // namespace dtrain::launch
