// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <string>
#include <vector>

#include "measure/energy_window.hpp"
#include "train/observer.hpp"
#include "train/rank_figures.hpp"

namespace dtrain::train {

enum class StopReason { finished, target_reached, stopped };
std::string to_string(StopReason);

/// What a run leaves to report.
struct TrainingResult {
  StopReason stop_reason = StopReason::finished;
  std::int64_t step = 0;           ///< steps completed, over all epochs
  std::int64_t skipped_steps = 0;  ///< of those, steps that no rank applied
  std::vector<EpochRecord> epochs;
  double open_epoch_seconds = 0;  ///< of training in an epoch that a stop left
  // Of the whole run, before a resumption too.
  std::int64_t samples_trained = 0;
  measure::EnergyWindow train_energy = {}, eval_energy = {};
  std::vector<RankFigures> ranks;
  measure::StepSummary step_time;  ///< of the slowest rank
  std::optional<double> test_accuracy;
  double samples_per_second = 0;  ///< median epoch, training only
  std::string weights_hash;
  std::optional<Straggler> straggler;      ///< over all epochs; none with one rank
  double startup_seconds = 0;              ///< process start to first step, of the root
  std::int64_t peak_rss_bytes = 0;         ///< of the rank that used most
  std::int64_t optimizer_state_bytes = 0;  ///< of the rank that holds most
};

/// The median of the epochs' training speeds; 0 without epochs.
double median_samples_per_second(const std::vector<EpochRecord>& epochs);

}  // namespace dtrain::train
