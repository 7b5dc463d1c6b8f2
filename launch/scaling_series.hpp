// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <span>

#include "launch/finished_run.hpp"
#include "launch/spread.hpp"

namespace dtrain::launch {

/// The repeats of one configuration. docs/scaling.md has the formulas.
struct ScalingPoint {
  std::int64_t nodes = 1, ranks = 1, global_batch = 0;
  std::int64_t repeats = 0;
  Spread samples_per_second;
  // Each of the repeats that have it:
  std::optional<Spread> test_accuracy;
  std::optional<Spread> epoch_seconds, joules_per_epoch, joules_per_sample;  ///< training only
  std::optional<Spread> exposed_communication;  ///< share of a step, in [0, 1]
  std::optional<Spread> gflops, fraction_of_peak, moved_gb_per_s;
  bool energy_is_estimated = false;  ///< in any of them
  /// Of replicas that do not wait for each other, measured in turn with the runs; and each run's speed
  /// over that which was measured right after it.
  std::optional<Spread> ideal_samples_per_second, fraction_of_ideal;
  /// Median samples/s over that of the series' first point, and that over the ratio of ranks. So with
  /// one global batch (strong scaling) and with one batch per rank (weak scaling) alike.
  double speedup = 1, efficiency = 1;
  /// As Spread::half_width_95; none where a point of the two has one run, or for the first point, which
  /// is 1 by definition.
  std::optional<double> speedup_half_width_95, efficiency_half_width_95;
  /// In strong scaling, where all points are to learn the same: this one learns something else than the
  /// first one (docs/scaling.md says when).
  bool accuracy_differs = false;
};

/// What differs in nodes and ranks only. Runs that belong to no study may differ in batch too.
struct ScalingSeries {
  StudyKind kind = StudyKind::none;
  std::string model, dataset, device, precision, comm;
  std::int64_t threads_per_rank = 1;
  std::int64_t batch = 0;  ///< global, or of a rank where the study is of weak scaling; 0: no study
  std::vector<ScalingPoint> points;  ///< by ranks, then nodes, then batch

  /// "cnn on digits, cpu, fp32, 1 thread a rank"
  std::string title() const;
};

/// Series in the order in which they first come up.
std::vector<ScalingSeries> scaling_series(std::span<const FinishedRun> runs);

}  // namespace dtrain::launch
