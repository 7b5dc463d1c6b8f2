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

namespace dtrain::launch {

/// What a report needs of a run, out of its summary.json.
struct FinishedRun {
  std::filesystem::path folder;
  std::string model, dataset, device, precision;
  std::int64_t nodes = 1, ranks = 1, threads_per_rank = 1, global_batch = 0;
  double samples_per_second = 0;  ///< median epoch, training only
  std::optional<double> test_accuracy;
  std::optional<double> joules_per_sample;  ///< median epoch, training only
  bool energy_is_estimated = false;
};

/// The finished runs among `folders`: each is a run, or holds runs at any depth. In the order of their
/// names. `notice` hears which runs are left out, and why: one that has not ended, was stopped before
/// its end, or trained nothing has no figures to compare. Throws InputError on a folder that is not
/// there or holds no finished run, and on a summary.json that cannot be read.
std::vector<FinishedRun> find_finished_runs(std::span<const std::string> folders,
                                            const std::function<void(const std::string&)>& notice);

}  // namespace dtrain::launch
