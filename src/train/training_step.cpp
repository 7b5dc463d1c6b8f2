// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/training_step.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dtrain::train {

TrainingStep::TrainingStep(nn::Replica& replica, comm::Communicator& communicator,
                           comm::Collective& collective, PassSource& passes, nn::Loss& loss,
                           const PassPlan& plan, const TrainerOptions& options,
                           const Instruments& instruments, kernels::Stream& stream,
                           const std::atomic<bool>& stop_requested)
    : replica_(replica),
      passes_(passes),
      loss_(loss),
      plan_(plan),
      seed_(options.seed),
      scales_loss_(options.scale_loss),
      keeps_passes_apart_(options.reproducible),
      details_(instruments.details),
      may_replay_(!options.synchronization.reduction.overlap),
      slots_(instruments.progress),
      stream_(stream),
      stop_requested_(stop_requested),
      clock_(instruments.details),
      synchronizer_(replica, communicator, collective, synchronization_of(options), clock_, slots_),
      non_finite_steps_(options.on_non_finite, communicator),
      schedule_(schedule_of(options, plan.steps_per_epoch())) {}

StepOutcome TrainingStep::run(const Progress& progress) {
  clock_.begin_step();
  begin_step(slots_.main, progress.step + 1);
  const std::int64_t n = plan_.batch_at(progress.cursor);
  const auto count = static_cast<int>(plan_.passes_of(n).size());  // of this rank's passes
  synchronizer_.reducer().set_addends(std::max(count, 1));

  std::vector<Riders> riders;  // of each pass
  for (int i = 0; i < count; ++i) {
    const datasets::Batch batch = load();
    const nn::StepContext context = context_of(batch, progress.step, n);
    const float* output = forward(batch, context);
    const nn::LossResult loss = compute_loss(batch, output, gradient_scale(progress, n));
    backward(batch, {i, count}, context);
    riders.push_back(riders_of(loss, n));
  }
  if (count == 0) replica_.zero_gradients(stream_);
  const Riders total = reduce(std::move(riders));

  StepOutcome outcome{.samples = n,
                      .loss = static_cast<double>(total.loss),
                      .accuracy = static_cast<double>(total.correct),
                      .stop_requested = total.stop_requests > 0,
                      .loss_scale = progress.loss_scale};
  if (synchronizer_.sum_is_finite(stream_)) {
    outcome.learning_rate = update(progress);
    if (scales_loss_) outcome.loss_scale.grow_in_time();
  } else {
    outcome.skip_reason = skip(progress, n, outcome.loss_scale);
  }
  outcome.time = clock_.end_step();
  return outcome;
}

datasets::Batch TrainingStep::load() {
  const ScopedSpan span(clock_, Phase::data, "load");
  const ScopedPlace place(slots_.main, Place::loader);
  return passes_.next(stream_);
}

nn::StepContext TrainingStep::context_of(const datasets::Batch& batch, std::int64_t step,
                                         std::int64_t n) const {
  return {seed_,
          step,
          batch.sample_ids,
          static_cast<float>(batch.size) / static_cast<float>(n),
          details_,
          may_replay_};
}

const float* TrainingStep::forward(const datasets::Batch& batch, const nn::StepContext& context) {
  const ScopedSpan span(clock_, Phase::forward, "forward");
  const ScopedPlace place(slots_.main, Place::forward);
  return replica_.forward(batch.size, kernels::Pass::training, batch.input, context, stream_);
}

nn::LossResult TrainingStep::compute_loss(const datasets::Batch& batch, const float* output,
                                          float gradient_scale) {
  const ScopedSpan span(clock_, Phase::forward, "loss");
  const ScopedPlace place(slots_.main, Place::loss);
  return loss_.forward_backward(output, batch.size, batch.labels, batch.targets, gradient_scale,
                                stream_);
}

// Sums over passes and ranks are means, times the loss's scale.
float TrainingStep::gradient_scale(const Progress& progress, std::int64_t n) const {
  return (scales_loss_ ? progress.loss_scale.value : 1.0f) / static_cast<float>(n);
}

void TrainingStep::backward(const datasets::Batch& batch, const nn::PassOfStep& pass,
                            const nn::StepContext& context) {
  const ScopedSpan span(clock_, Phase::backward, "backward");
  const ScopedPlace place(slots_.main, Place::backward);
  replica_.backward(batch.size, loss_.gradient(), pass, context, stream_,
                    [&](std::int64_t end) { synchronizer_.reducer().mark_ready(end, stream_); });
}

Riders TrainingStep::reduce(std::vector<Riders> mine) {
  if (!keeps_passes_apart_) mine = {sum_of(mine)};
  if (mine.empty()) mine.resize(1);  // a rank without samples has a say too
  mine[0].stop_requests = stop_requested_.load() ? 1.0f : 0.0f;
  kernels::Device& device = *replica_.backend().device;
  tensor::ParameterArena& arena = replica_.parameters();
  for (std::size_t pass = 0; pass < mine.size(); ++pass)
    device.copy_to_device(arena.riders(static_cast<int>(pass)), &mine[pass], sizeof(Riders),
                          stream_);
  synchronizer_.reducer().finish(stream_);
  Riders total;
  device.copy_to_host(&total, arena.riders(), sizeof total, stream_);
  return total;
}

// Returns the learning rate.
float TrainingStep::update(const Progress& progress) {
  const float learning_rate = schedule_.rate(progress.step);
  if (scales_loss_) synchronizer_.optimizer().set_gradient_scale(1.0f / progress.loss_scale.value);
  synchronizer_.update(learning_rate, progress.step + 1, stream_);
  return learning_rate;
}

// A step that is not applied, where that does not end the run. Says why.
std::string TrainingStep::skip(const Progress& progress, std::int64_t n, LossScale& scale) {
  synchronizer_.reducer().forget_residual();
  if (scales_loss_ && scale.back_off())
    return fmt::format("at step {} (epoch {}) float16 overflowed: the loss's scale is now {:.0f}",
                       progress.step + 1, progress.epoch + 1, scale.value);
  std::string reason =
      non_finite_steps_.meet(progress.step + 1, progress.epoch + 1, search(progress, n));
  passes_.start(progress.epoch, progress.cursor + n);  // the search went back
  return reason;
}

// What is not finite in this rank's passes of a step, and in which samples of the batch.
std::string TrainingStep::search(const Progress& progress, std::int64_t n) {
  passes_.start(progress.epoch, progress.cursor);
  for (const datasets::Range& pass : plan_.passes_of(n)) {
    const datasets::Batch batch = load();
    const std::string found =
        first_non_finite(replica_, loss_, batch, context_of(batch, progress.step, n),
                         gradient_scale(progress, n), stream_);
    if (!found.empty())
      return fmt::format("{}, in samples {} to {} of the batch of {}", found, pass.begin,
                         pass.end - 1, n);
  }
  return "";
}

}  // namespace dtrain::train
