// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// One step of synchronous data-parallel training, as every rank takes it:
//
//   load, forward, loss, backward   for each of this rank's passes through the global batch
//   reduce                          sums gradients, loss and requests to stop over the ranks
//   update                          or, where that sum is not finite, skip
//
// Each sample's gradient is divided by the size of the global batch, so that the sum is the mean. All
// ranks decide alike and end the step with the same weights.

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "measure/step_clock.hpp"
#include "nn/loss.hpp"
#include "nn/replica.hpp"
#include "optim/learning_rate_schedule.hpp"
#include "train/instruments.hpp"
#include "train/non_finite.hpp"
#include "train/pass_plan.hpp"
#include "train/pass_source.hpp"
#include "train/progress.hpp"
#include "train/riders.hpp"
#include "train/synchronizer.hpp"
#include "train/trainer_options.hpp"

namespace dtrain::train {

/// What came of a step: the same on all ranks, but for the time.
struct StepOutcome {
  std::int64_t samples = 0;     ///< of the global batch
  double loss = 0;              ///< mean over them
  double accuracy = 0;          ///< share of correct predictions; 0 for float targets
  bool stop_requested = false;  ///< on some rank
  std::optional<std::string> skip_reason = std::nullopt;  ///< why no rank applied it; none: all did
  float learning_rate = 0;                                ///< of the update; 0 where there was none
  LossScale loss_scale = {};                              ///< of the next step
  measure::StepTime time = {};
};

class TrainingStep {
 public:
  /// Everything but options and instruments outlives it; the replica's arena has
  /// arena_memory(collective). `passes` come as `plan` says. `stop_requested` may be set at any time:
  /// each step looks at it.
  TrainingStep(nn::Replica& replica, comm::Communicator& communicator, comm::Collective& collective,
               PassSource& passes, nn::Loss& loss, const PassPlan& plan,
               const TrainerOptions& options, const Instruments& instruments,
               kernels::Stream& stream, const std::atomic<bool>& stop_requested);

  /// Takes the step that follows `progress`, to which `passes` must have come. Collective. Throws
  /// DivergedError, on all ranks alike, where a sum is not finite and that ends the run.
  StepOutcome run(const Progress& progress);

  optim::Optimizer& optimizer() { return synchronizer_.optimizer(); }
  /// Of the last step, on this rank.
  double communication_seconds() { return synchronizer_.reducer().communication_seconds(); }
  /// Over all steps so far.
  measure::StepSummary time_summary() const { return clock_.summary(); }

 private:
  // In the order in which they happen. n: samples of the global batch.
  datasets::Batch load();
  nn::StepContext context_of(const datasets::Batch&, std::int64_t step, std::int64_t n) const;
  const float* forward(const datasets::Batch&, const nn::StepContext&);
  nn::LossResult compute_loss(const datasets::Batch&, const float* output, float gradient_scale);
  void backward(const datasets::Batch&, const nn::PassOfStep&, const nn::StepContext&);
  Riders reduce(std::vector<Riders> mine);
  float gradient_scale(const Progress&, std::int64_t n) const;
  float update(const Progress&);
  std::string skip(const Progress&, std::int64_t n, LossScale&);
  std::string search(const Progress&, std::int64_t n);

  nn::Replica& replica_;
  PassSource& passes_;
  nn::Loss& loss_;
  const PassPlan& plan_;
  const std::uint64_t seed_;
  const bool scales_loss_;
  const bool keeps_passes_apart_;  ///< each pass's gradients and riders are an addend of their own
  DetailSink* const details_;
  const bool may_replay_;  ///< no gradient is waited for during backward
  const RankProgress slots_;
  kernels::Stream& stream_;
  const std::atomic<bool>& stop_requested_;

  measure::StepClock clock_;
  Synchronizer synchronizer_;
  NonFiniteSteps non_finite_steps_;
  optim::LearningRateSchedule schedule_;
};

}  // namespace dtrain::train
