// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/trainer_options.hpp"

namespace dtrain::train {

SynchronizerOptions synchronization_of(const TrainerOptions& options) {
  SynchronizerOptions result = options.synchronization;
  result.exact_shards = options.reproducible ? options.shards : 0;
  return result;
}

Recipe recipe_of(const TrainerOptions& options) {
  return {.loss = nn::to_string(options.loss),
          .schedule = optim::to_string(options.schedule),
          .learning_rate = options.learning_rate,
          .warmup_epochs = options.warmup_epochs};
}

}  // namespace dtrain::train
