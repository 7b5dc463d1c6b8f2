// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/trainer_options.hpp"

#include <cmath>

namespace dtrain::train {

SynchronizerOptions synchronization_of(const TrainerOptions& options) {
  SynchronizerOptions result = options.synchronization;
  result.exact_shards = options.reproducible ? options.shards : 0;
  return result;
}

std::int64_t total_steps(const TrainerOptions& options, std::int64_t steps_per_epoch) {
  return options.steps >= 0 ? options.steps : options.epochs * steps_per_epoch;
}

optim::LearningRateSchedule schedule_of(const TrainerOptions& options,
                                        std::int64_t steps_per_epoch) {
  const double warmup_steps = options.warmup_epochs * static_cast<double>(steps_per_epoch);
  return {options.schedule, options.learning_rate, std::llround(warmup_steps),
          total_steps(options, steps_per_epoch)};
}

Recipe recipe_of(const TrainerOptions& options) {
  return {.loss = nn::to_string(options.loss),
          .schedule = optim::to_string(options.schedule),
          .learning_rate = options.learning_rate,
          .warmup_epochs = options.warmup_epochs};
}

}  // namespace dtrain::train
