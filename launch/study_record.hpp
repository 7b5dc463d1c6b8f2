// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <string>
#include <vector>

#include "launch/scaling_series.hpp"
#include "launch/study_folder.hpp"

namespace dtrain::launch {

/// What a study has found so far, in its folder.
struct StudyRecord {
  StudyOptions options;
  std::string command;  ///< the command line
  std::vector<FinishedRun> runs;
  std::vector<ScalingSeries> series;  ///< of these runs
  std::vector<AllreduceTime> allreduce;
};

/// The text of study.json, schema 1 (docs/scaling.md): every run, every point, every fit.
std::string study_json(const StudyRecord& record);

/// The text of study.csv: one line per point, all numbers in full precision, what is not known empty.
std::string study_csv(const StudyRecord& record);

}  // namespace dtrain::launch
