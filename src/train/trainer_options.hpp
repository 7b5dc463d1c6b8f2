// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstdint>
#include <filesystem>

#include "datasets/data_loader.hpp"
#include "nn/loss.hpp"
#include "optim/learning_rate_schedule.hpp"
#include "train/non_finite.hpp"
#include "train/progress.hpp"
#include "train/synchronizer.hpp"

namespace dtrain::train {

/// How to train, as the command line and the model file say.
struct TrainerOptions {
  std::int64_t epochs = 1;
  std::int64_t steps = -1;     ///< overrides epochs when >= 0
  double target_accuracy = 0;  ///< stop when reached; 0: never
  std::int64_t global_batch = 256;
  std::int64_t micro_batch = 0;  ///< samples per pass; 0: all of a rank's at once
  std::int64_t shards = 0;       ///< 0: a rank's share of the batch is one piece
  /// The same weights, bit for bit, at any number of ranks up to `shards`, which must be set. The
  /// replica then has a gradient addend for each of the rank's shards.
  bool reproducible = false;
  std::uint64_t seed = 1;
  datasets::AugmentOptions augment;
  nn::LossKind loss = nn::LossKind::cross_entropy;
  float label_smoothing = 0;
  /// For gradients that are computed in float16 (train/loss_scale.hpp).
  bool scale_loss = false;
  SynchronizerOptions synchronization;
  optim::ScheduleKind schedule = optim::ScheduleKind::constant;
  float learning_rate = 0.1f;
  double warmup_epochs = 0;
  std::int64_t check_replicas = 100;  ///< steps between comparisons of the ranks; 0: none
  OnNonFinite on_non_finite = OnNonFinite::stop;
  // Checkpoints; an empty folder writes none. Only the root's is looked at.
  std::filesystem::path output;
  std::int64_t checkpoint_every_epochs = 1;  ///< 0: only at the end
  std::int64_t checkpoint_every_steps = 0;
  std::int64_t checkpoint_keep = 3;
};

/// `synchronization`, with exact sums where the run is reproducible.
SynchronizerOptions synchronization_of(const TrainerOptions&);
/// Steps from the start of the run to its end.
std::int64_t total_steps(const TrainerOptions&, std::int64_t steps_per_epoch);
optim::LearningRateSchedule schedule_of(const TrainerOptions&, std::int64_t steps_per_epoch);
/// What of it a resumed run may do otherwise.
Recipe recipe_of(const TrainerOptions&);

}  // namespace dtrain::train
