// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// train: the training loop and what it leaves behind.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "datasets/data_loader.hpp"
#include "nn/loss.hpp"
#include "nn/replica.hpp"
#include "optim/learning_rate_schedule.hpp"
#include "train/checkpoint.hpp"
#include "train/observer.hpp"
#include "train/synchronizer.hpp"
#include "train/training_result.hpp"

namespace dtrain::train {

struct TrainerOptions {
  std::int64_t epochs = 1;
  std::int64_t steps = -1;     ///< overrides epochs when >= 0
  double target_accuracy = 0;  ///< stop when reached; 0: never
  std::int64_t global_batch = 256;
  std::int64_t micro_batch = 0;  ///< samples per pass; 0: all of a rank's at once
  std::int64_t shards = 0;       ///< 0: a rank's part of the batch is one piece
  /// The same weights, bit for bit, at any number of ranks up to `shards`, which must be set. The
  /// replica then has a gradient part for each of the rank's shards.
  bool reproducible = false;
  std::uint64_t seed = 1;
  datasets::AugmentOptions augment;
  nn::LossKind loss = nn::LossKind::cross_entropy;
  float label_smoothing = 0;
  SynchronizerOptions synchronization;
  optim::ScheduleKind schedule = optim::ScheduleKind::constant;
  float learning_rate = 0.1f;
  double warmup_epochs = 0;
  // Checkpoints; an empty folder writes none. Only the root's is looked at.
  std::filesystem::path output;
  std::int64_t checkpoint_every_epochs = 1;  ///< 0: only at the end
  std::int64_t checkpoint_every_steps = 0;
  std::int64_t checkpoint_keep = 3;
};

/// What these options say of it.
Recipe recipe_of(const TrainerOptions&);

class Trainer {
 public:
  /// Everything outlives the trainer. The replica's arena has arena_memory(collective), which sums its
  /// gradients. Observers are called on the root rank. Collective; throws UsageError where ranks
  /// outnumber samples of a batch or shards, on all ranks alike.
  Trainer(nn::Replica&, comm::Communicator&, comm::Collective&, datasets::DatasetSplits&,
          const TrainerOptions&, std::vector<TrainingObserver*> observers);
  ~Trainer();

  /// Continues from a checkpoint, the same on all ranks. Throws UsageError/InputError when it does
  /// not match this run.
  void resume(const Checkpoint&);
  /// Is there nothing left to do, as in a run resumed from its end?
  bool is_finished() const;
  /// Trains to the end, or until request_stop(). Throws DivergedError on all ranks alike; any other
  /// Error (a damaged sample, a full disk) is that of the rank which throws it.
  TrainingResult run();

  /// Finish the step, write a checkpoint, return. Callable from a signal handler.
  static void request_stop() noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dtrain::train
