// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "launch/study_kind.hpp"

namespace dtrain::launch {

/// Of the rank with the longest median step, in milliseconds: medians, and the whole step's 95 % quantile.
struct StepMilliseconds {
  double median = 0, p95 = 0;
  double data = 0, forward = 0, backward = 0, comm_exposed = 0, optimizer = 0;
};

/// What a report needs of a run, out of its summary.json. None is what the run has not measured.
struct FinishedRun {
  std::filesystem::path folder;
  StudyKind kind = StudyKind::none;  ///< of the study that the run is part of
  std::string model, dataset, device, precision;
  std::string comm = "auto";  ///< as --comm asked for it, out of config.toml
  std::int64_t nodes = 1, ranks = 1, threads_per_rank = 1, global_batch = 0, test_samples = 0;
  double samples_per_second = 0;  ///< median epoch, training only
  std::optional<double> test_accuracy;
  std::optional<StepMilliseconds> step;
  // Of the median epoch, training only:
  std::optional<double> epoch_seconds, joules_per_epoch, joules_per_sample;
  std::optional<double> energy_joules;  ///< of the whole run, evaluation too
  bool energy_is_estimated = false;
  std::optional<double> gflops, fraction_of_peak;
  std::optional<double>
      moved_gb_per_s;  ///< bytes that a sample's training has to move, times the rate
  /// What as many replicas, which do not wait for each other, reached side by side right after this run
  /// (docs/scaling.md), out of ideal.json.
  std::optional<double> ideal_samples_per_second;
};

/// Beside a study's run: what `dtrain bench step --comm none --json` said.
inline constexpr const char* ideal_step_file = "ideal.json";

/// The finished runs among `folders`: each is a run, or holds runs at any depth. In the order of their
/// names. `notice` hears which runs are left out, and why: one that has not ended, was stopped before
/// its end, or trained nothing has no figures to compare. Throws InputError on a folder that is not
/// there or holds no finished run, and on a summary.json that cannot be read.
std::vector<FinishedRun> find_finished_runs(std::span<const std::string> folders,
                                            const std::function<void(const std::string&)>& notice);

/// Has a run in this folder ended as it was to end?
bool is_finished_run(const std::filesystem::path& folder);

}  // namespace dtrain::launch
