// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <span>

#include "launch/finished_run.hpp"
#include "launch/spread.hpp"

namespace dtrain::launch {

/// The repeats of one configuration.
struct ScalingPoint {
  std::int64_t nodes = 1, ranks = 1, global_batch = 0;
  std::int64_t repeats = 0;
  Spread samples_per_second;
  std::optional<Spread> test_accuracy, joules_per_sample;  ///< of the repeats that have it
  bool energy_is_estimated = false;                        ///< in any of them
  /// Median samples/s over that of the series' first point, and that over the ratio of ranks. So with
  /// one global batch (strong scaling) and with one batch per rank (weak scaling) alike.
  double speedup = 1, efficiency = 1;
};

/// What differs in nodes, ranks and batch only.
struct ScalingSeries {
  std::string model, dataset, device, precision;
  std::int64_t threads_per_rank = 1;
  std::vector<ScalingPoint> points;  ///< by ranks, then nodes, then batch

  /// "cnn on digits, cpu, fp32, 1 thread a rank"
  std::string title() const;
};

/// Series in the order in which they first come up.
std::vector<ScalingSeries> scaling_series(std::span<const FinishedRun> runs);

}  // namespace dtrain::launch
