// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "measure/step_clock.hpp"
#include "train/straggler.hpp"

namespace dtrain::train {

/// One training step, averaged over the global batch.
struct StepRecord {
  std::int64_t step = 0;   ///< global, counts from 1
  std::int64_t epoch = 0;  ///< counts from 1
  std::int64_t samples_done = 0, samples_in_epoch = 0;
  double loss = 0;
  std::optional<double> accuracy;  ///< none for float targets
  float learning_rate = 0;
  double samples_per_second = 0;
  measure::StepTime time;
};

/// A step whose update no rank applied, because its loss or gradient was not finite.
struct SkippedStep {
  std::int64_t step = 0, epoch = 0;  ///< count from 1
  std::string reason;                ///< what, where and on which rank
};

/// Of an epoch, over all nodes and GPUs of the job. None: not measured, or too short to be.
struct EpochEnergy {
  std::optional<double> train_joules, eval_joules;
  std::optional<double> net_joules;          ///< of both, above what idle machines use
  std::optional<double> uncertainty_joules;  ///< of both: so far may they be off
  std::optional<double> average_watts, joules_per_sample;  ///< of training
  std::optional<double> run_joules;  ///< of training and evaluation since the run began
};

/// Members as the contract's summary.json names them.
struct EpochRecord {
  std::int64_t epoch = 0;  ///< counts from 1
  std::int64_t step = 0;
  double train_loss = 0, test_loss = 0;
  std::optional<double> train_accuracy, test_accuracy;
  std::optional<double> validation_loss, validation_accuracy;
  double train_seconds = 0, eval_seconds = 0, samples_per_second = 0;
  EpochEnergy energy = {};
  std::optional<Straggler> straggler;  ///< none with one rank
};

/// What happens during a run. Called on the root rank only, between steps; must not communicate.
class TrainingObserver {
 public:
  virtual ~TrainingObserver() = default;
  virtual void on_step(const StepRecord&) {}
  virtual void on_skip(const SkippedStep&) {}
  virtual void on_epoch(const EpochRecord&) {}
  virtual void on_checkpoint(const std::string& /*file*/, std::int64_t /*step*/) {}
};

}  // namespace dtrain::train
