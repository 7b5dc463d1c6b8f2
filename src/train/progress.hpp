// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstdint>
#include <string>

#include "measure/energy_window.hpp"
#include "train/loss_scale.hpp"

namespace dtrain::train {

/// How a run trains, in what a resumed run may do otherwise.
struct Recipe {
  std::string loss, schedule;  ///< names, as of the options
  float learning_rate = 0;
  double warmup_epochs = 0;
  bool operator==(const Recipe&) const = default;
};

/// Where in the run it is, and what must match to go on from there: what a checkpoint keeps of a run
/// besides the weights. The Trainer alone changes it, between steps.
struct Progress {
  std::int64_t epoch = 0;   ///< epochs completed
  std::int64_t step = 0;    ///< global steps completed
  std::int64_t cursor = 0;  ///< samples of the current epoch already used
  bool evaluated = false;   ///< these weights, and reported
  std::uint64_t seed = 0;
  std::int64_t global_batch = 0;
  std::int64_t shards = 0;  ///< 0: batches are not cut into shards
  std::int64_t train_samples = 0;
  std::int64_t total_steps = 0;  ///< of the schedule
  // Sums over the current epoch so far, so that its averages come out as if never interrupted.
  double epoch_loss_sum = 0;
  std::int64_t epoch_correct = 0;
  double epoch_train_seconds = 0;
  std::int64_t epoch_skipped_samples = 0;  ///< of those in skipped steps, which have no loss
  std::int64_t skipped_steps = 0;          ///< over all epochs
  LossScale loss_scale = {};               ///< where the loss is scaled
  measure::EnergyWindow epoch_train_energy = {};
  // Over the whole run so far.
  measure::EnergyWindow train_energy = {}, eval_energy = {};
  // The best checkpoint so far, by validation or test accuracy; best_step < 0: none yet.
  double best_accuracy = -1;
  std::int64_t best_step = -1;
  std::string optimizer;  ///< name; state is loaded only into the same one
  Recipe recipe;
  bool operator==(const Progress&) const = default;

  /// The epoch of the last step, counted from 1; 0 before the first.
  std::int64_t current_epoch() const { return epoch + (cursor > 0 ? 1 : 0); }
  /// Of the current epoch so far.
  std::int64_t epoch_samples_trained() const { return cursor - epoch_skipped_samples; }
  /// The epoch is complete: on to the start of the next.
  void begin_next_epoch() {
    ++epoch;
    cursor = 0;
    epoch_loss_sum = epoch_train_seconds = 0;
    epoch_correct = epoch_skipped_samples = 0;
    epoch_train_energy = {};
  }
};

}  // namespace dtrain::train
