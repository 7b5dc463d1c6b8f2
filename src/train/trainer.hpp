// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// train: the training loop and what it leaves behind.

#include <memory>
#include <vector>

#include "comm/communicator.hpp"
#include "datasets/dataset.hpp"
#include "nn/replica.hpp"
#include "train/checkpoint.hpp"
#include "train/instruments.hpp"
#include "train/observer.hpp"
#include "train/trainer_options.hpp"
#include "train/training_result.hpp"

namespace dtrain::train {

class Trainer {
 public:
  /// Everything outlives the trainer. The replica's arena has arena_memory(collective), which sums its
  /// gradients. Observers are called on the root rank. Collective; throws UsageError where ranks
  /// outnumber samples of a batch or shards, on all ranks alike.
  Trainer(nn::Replica&, comm::Communicator&, comm::Collective&, datasets::DatasetSplits&,
          const TrainerOptions&, std::vector<TrainingObserver*> observers, const Instruments& = {});
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
