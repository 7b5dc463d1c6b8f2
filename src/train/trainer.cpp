// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/trainer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "base/error.hpp"
#include "base/stopwatch.hpp"
#include "measure/hardware_probe.hpp"
#include "train/checkpoint_folder.hpp"
#include "train/energy_report.hpp"
#include "train/evaluator.hpp"
#include "train/non_finite.hpp"
#include "train/pass_plan.hpp"
#include "train/preconditions.hpp"
#include "train/replica_check.hpp"
#include "train/resume.hpp"
#include "train/riders.hpp"

namespace dtrain::train {
namespace {

/// Set by a signal handler, so it cannot be anything but global.
std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

/// Only the root knows where it writes; all ranks bring their part of what it writes. Collective.
bool root_has_folder(comm::Communicator& communicator, const std::filesystem::path& folder) {
  std::int64_t has = communicator.is_root() && !folder.empty() ? 1 : 0;
  communicator.allreduce(std::span(&has, 1), comm::ReduceOp::max);
  return has != 0;
}

}  // namespace

class Trainer::Impl {
 public:
  Impl(nn::Replica& replica, comm::Communicator& communicator, comm::Collective& collective,
       datasets::DatasetSplits& splits, const TrainerOptions& options,
       std::vector<TrainingObserver*> observers, const Instruments& instruments);

  void resume(const Checkpoint& checkpoint);
  bool work_left() const;
  TrainingResult run();

 private:
  // The step, in the order in which it happens.
  std::optional<StepRecord> step(std::int64_t n);
  datasets::Batch load();
  nn::StepContext context_of(const datasets::Batch&, std::int64_t n) const;
  const float* forward(const datasets::Batch&, const nn::StepContext&);
  nn::LossResult compute_loss(const datasets::Batch&, const float* output, std::int64_t n);
  void backward(const datasets::Batch&, const nn::PassOfStep&, const nn::StepContext&);
  Riders reduce(std::vector<Riders> mine);
  void skip(std::int64_t n);
  std::string search(std::int64_t n);
  StepRecord record_of(const Riders& total, std::int64_t n, float learning_rate);

  // The loop around it.
  void train_epoch();
  void start_loader();
  void close_epoch();
  void save();
  TrainingResult summarize(StopReason reason);

  /// What was used since the last call.
  measure::EnergyWindow energy_lap() {
    return instruments_.energy != nullptr ? instruments_.energy->lap(*stream_)
                                          : measure::EnergyWindow::unknown();
  }
  /// Passes that are tiny for the sake of many ranks would make evaluation slow.
  std::int64_t evaluation_batch() const { return std::max<std::int64_t>(plan_.nominal_pass(), 64); }
  std::unique_ptr<Evaluator> make_evaluator(datasets::Dataset* split);
  [[noreturn]] void fail_diverged(const char* what, std::int64_t step) const;

  nn::Replica& replica_;
  tensor::ParameterArena& arena_;
  comm::Communicator& communicator_;
  const Instruments instruments_;
  const TrainerOptions options_;
  const RankProgress slots_;
  const std::vector<TrainingObserver*> observers_;  ///< none but on the root
  const std::int64_t samples_;
  const PassPlan plan_;
  const std::int64_t total_steps_;
  const bool has_labels_;  ///< else float targets
  const bool saves_;       ///< the root has a folder to write to
  const DataFacts data_;
  Progress progress_;

  measure::StepClock clock_;
  std::unique_ptr<kernels::Stream> stream_;
  datasets::Sampler sampler_;
  datasets::DataLoader loader_;
  nn::Loss loss_;
  Synchronizer synchronizer_;
  ReplicaCheck replica_check_;
  NonFiniteSteps non_finite_steps_;
  optim::LearningRateSchedule schedule_;
  std::unique_ptr<Evaluator> validation_, test_;

  bool stop_agreed_ = false;
  std::optional<double> accuracy_;  ///< of the current weights, if known: validation's or test's
  std::vector<EpochRecord> epochs_;
  WorkTime work_time_;
  double startup_seconds_ = 0;
};

Trainer::Impl::Impl(nn::Replica& replica, comm::Communicator& communicator,
                    comm::Collective& collective, datasets::DatasetSplits& splits,
                    const TrainerOptions& options, std::vector<TrainingObserver*> observers,
                    const Instruments& instruments)
    : replica_(replica),
      arena_(replica.parameters()),
      communicator_(communicator),
      instruments_(instruments),
      options_(checked_options(options, communicator, splits)),
      slots_(instruments.progress),
      observers_(communicator.is_root() ? std::move(observers) : std::vector<TrainingObserver*>()),
      samples_(splits.train->size()),
      plan_(communicator, samples_, options.global_batch, options.shards, options.micro_batch),
      total_steps_(options.steps >= 0 ? options.steps : options.epochs * plan_.steps_per_epoch()),
      has_labels_(!splits.train->labels().empty()),
      saves_(root_has_folder(communicator, options.output)),
      data_(facts_of(splits.train->info())),
      progress_(fresh_progress(options, samples_, total_steps_)),
      clock_(instruments.details),
      stream_(replica.backend().device->make_stream()),
      sampler_(samples_, splits.train->chunk_samples(), options.seed),
      loader_(*splits.train, replica.backend(), plan_.largest_pass(), options.augment,
              options.seed),
      loss_(options.loss, options.label_smoothing, replica.model().input().classes,
            evaluation_batch(), replica.backend()),
      synchronizer_(replica, communicator, collective, synchronization_of(options), clock_, slots_),
      replica_check_(replica, communicator, options.check_replicas),
      non_finite_steps_(options.on_non_finite, communicator),
      schedule_(options.schedule, options.learning_rate,
                std::llround(options.warmup_epochs * static_cast<double>(plan_.steps_per_epoch())),
                total_steps_),
      validation_(make_evaluator(splits.validation.get())),
      test_(make_evaluator(splits.test.get())) {
  check_same_layout(communicator, arena_);
}

// One training step on the next `n` samples of the epoch. All ranks end it with the same weights. No
// record: it was skipped.
std::optional<StepRecord> Trainer::Impl::step(std::int64_t n) {
  clock_.begin_step();
  begin_step(slots_.main, progress_.step + 1);
  const auto passes = plan_.passes_of(n);
  const auto pass_count = static_cast<int>(passes.size());
  synchronizer_.reducer().set_parts(std::max(pass_count, 1));
  std::vector<Riders> mine;  // of each of this rank's passes
  for (int i = 0; i < pass_count; ++i) {
    const datasets::Batch batch = load();
    const nn::StepContext context = context_of(batch, n);
    const float* output = forward(batch, context);
    const nn::LossResult loss = compute_loss(batch, output, n);
    backward(batch, {i, pass_count}, context);
    mine.push_back(riders_of(loss, n));
  }
  if (passes.empty()) replica_.zero_gradients(*stream_);
  const Riders total = reduce(std::move(mine));
  stop_agreed_ = total.stop_requests > 0;
  if (!synchronizer_.sum_is_finite(*stream_)) {
    skip(n);
    return std::nullopt;
  }
  const float learning_rate = schedule_.rate(progress_.step);
  synchronizer_.update(learning_rate, progress_.step + 1, *stream_);

  ++progress_.step;
  progress_.cursor += n;
  progress_.epoch_loss_sum += static_cast<double>(total.loss) * static_cast<double>(n);
  progress_.epoch_correct +=
      std::llround(static_cast<double>(total.correct) * static_cast<double>(n));
  progress_.evaluated = false;
  accuracy_.reset();
  return record_of(total, n, learning_rate);
}

datasets::Batch Trainer::Impl::load() {
  const ScopedSpan span(clock_, Phase::data, "load");
  const ScopedPlace place(slots_.main, Place::loader);
  return loader_.next(*stream_);
}

nn::StepContext Trainer::Impl::context_of(const datasets::Batch& batch, std::int64_t n) const {
  return {options_.seed, progress_.step, batch.sample_ids,
          static_cast<float>(batch.size) / static_cast<float>(n), instruments_.details};
}

const float* Trainer::Impl::forward(const datasets::Batch& batch, const nn::StepContext& context) {
  const ScopedSpan span(clock_, Phase::forward, "forward");
  const ScopedPlace place(slots_.main, Place::forward);
  return replica_.forward(batch.size, kernels::Pass::training, batch.input, context, *stream_);
}

nn::LossResult Trainer::Impl::compute_loss(const datasets::Batch& batch, const float* output,
                                           std::int64_t n) {
  const ScopedSpan span(clock_, Phase::forward, "loss");
  const ScopedPlace place(slots_.main, Place::loss);
  return loss_.forward_backward(output, batch.size, batch.labels, batch.targets,
                                1.0f / static_cast<float>(n), *stream_);
}

void Trainer::Impl::backward(const datasets::Batch& batch, const nn::PassOfStep& pass,
                             const nn::StepContext& context) {
  const ScopedSpan span(clock_, Phase::backward, "backward");
  const ScopedPlace place(slots_.main, Place::backward);
  replica_.backward(batch.size, loss_.gradient(), pass, context, *stream_,
                    [&](std::int64_t end) { synchronizer_.reducer().mark_ready(end, *stream_); });
}

Riders Trainer::Impl::reduce(std::vector<Riders> mine) {
  // Passes whose gradients are kept apart carry their own riders.
  if (!options_.reproducible) mine = {sum_of(mine)};
  if (mine.empty()) mine.resize(1);
  mine[0].stop_requests = stop_requested.load() ? 1.0f : 0.0f;
  kernels::Device& device = *replica_.backend().device;
  for (std::size_t part = 0; part < mine.size(); ++part)
    device.copy_to_device(arena_.riders(static_cast<int>(part)), &mine[part], sizeof(Riders),
                          *stream_);
  synchronizer_.reducer().finish(*stream_);
  Riders total;
  device.copy_to_host(&total, arena_.riders(), sizeof total, *stream_);
  return total;
}

// A step that is not applied, where that does not end the run.
void Trainer::Impl::skip(std::int64_t n) {
  const std::string reason =
      non_finite_steps_.meet(progress_.step + 1, progress_.epoch + 1, search(n));
  synchronizer_.reducer().forget_residual();
  ++progress_.step;
  ++progress_.skipped_steps;
  progress_.cursor += n;
  progress_.epoch_skipped_samples += n;
  progress_.evaluated = false;
  start_loader();  // which the search has moved
  clock_.end_step();
  for (TrainingObserver* observer : observers_)
    observer->on_skip({progress_.step, progress_.epoch + 1, reason});
}

// What is not finite in this rank's passes of a step, and in which samples of the batch.
std::string Trainer::Impl::search(std::int64_t n) {
  start_loader();
  for (const datasets::Range& pass : plan_.passes_of(n)) {
    const datasets::Batch batch = load();
    const std::string found = first_non_finite(replica_, loss_, batch, context_of(batch, n),
                                               1.0f / static_cast<float>(n), *stream_);
    if (!found.empty())
      return fmt::format("{}, in samples {} to {} of the batch of {}", found, pass.begin,
                         pass.end - 1, n);
  }
  return "";
}

StepRecord Trainer::Impl::record_of(const Riders& total, std::int64_t n, float learning_rate) {
  StepRecord record;
  record.step = progress_.step;
  record.epoch = progress_.epoch + 1;
  record.samples_done = progress_.cursor;
  record.samples_in_epoch = samples_;
  record.loss = static_cast<double>(total.loss);
  if (has_labels_) record.accuracy = static_cast<double>(total.correct);
  record.learning_rate = learning_rate;
  record.time = clock_.end_step();
  record.samples_per_second = static_cast<double>(n) / record.time.total_ms * 1e3;
  return record;
}

TrainingResult Trainer::Impl::run() {
  stop_agreed_ = false;
  if (total_steps_ == 0) save();
  startup_seconds_ = measure::seconds_since_process_start();
  while (work_left()) {
    train_epoch();
    if (stop_agreed_) {
      stop_requested = false;  // it is being met
      save();
      return summarize(StopReason::stopped);
    }
    close_epoch();
    const bool reached =
        options_.target_accuracy > 0 && accuracy_ && *accuracy_ >= options_.target_accuracy;
    const bool due = options_.checkpoint_every_epochs > 0 && progress_.cursor == 0 &&
                     progress_.epoch % options_.checkpoint_every_epochs == 0;
    if (due || reached || !work_left()) save();
    if (reached) return summarize(StopReason::target_reached);
  }
  return summarize(StopReason::finished);
}

// Steps to do, or an epoch (or the part of one that --steps left) that waits for its evaluation.
bool Trainer::Impl::work_left() const {
  return progress_.step < total_steps_ || (progress_.cursor > 0 && !progress_.evaluated);
}

// Trains on what is left of the epoch, until its end, the last step, or a stop that all ranks
// agreed on.
void Trainer::Impl::train_epoch() {
  const ScopedDetail detail(instruments_.details, "run", "train");
  energy_lap();  // what came before was no training
  Stopwatch watch;
  const auto pause = [&] {
    const double seconds = watch.seconds();
    work_time_.passed(seconds);
    progress_.epoch_train_seconds += seconds;
    const measure::EnergyWindow energy = energy_lap();
    progress_.epoch_train_energy += energy;
    progress_.train_energy += energy;
  };
  start_loader();
  while (progress_.cursor < samples_ && progress_.step < total_steps_ && !stop_agreed_) {
    const auto record = step(plan_.batch_at(progress_.cursor));
    if (record) {
      work_time_.waited(record->time);
      const ScopedPlace place(slots_.main, Place::report);
      for (TrainingObserver* observer : observers_) observer->on_step(*record);
    }
    replica_check_.after_step(progress_.step, *stream_);
    if (options_.checkpoint_every_steps > 0 && !stop_agreed_ &&
        progress_.step % options_.checkpoint_every_steps == 0) {
      pause();
      save();
      energy_lap();
      watch.restart();
    }
  }
  loader_.start({}, {}, 0);  // nobody reads ahead while others read the same file
  pause();
}

// Gives this rank's passes from here to the end of the epoch.
void Trainer::Impl::start_loader() {
  loader_.start(sampler_.epoch_order(progress_.epoch), plan_.rest_of_epoch(progress_.cursor),
                progress_.epoch);
}

// Evaluates and reports the epoch, or the part of it that --steps left.
void Trainer::Impl::close_epoch() {
  const ScopedDetail detail(instruments_.details, "run", "evaluate");
  const ScopedActivity activity(slots_.main, Activity::evaluation, progress_.step);
  EpochRecord record;
  const auto used = static_cast<double>(progress_.cursor - progress_.epoch_skipped_samples);
  record.epoch = progress_.epoch + 1;
  record.step = progress_.step;
  record.train_loss = progress_.epoch_loss_sum / used;
  if (has_labels_) record.train_accuracy = static_cast<double>(progress_.epoch_correct) / used;
  record.train_seconds = progress_.epoch_train_seconds;
  record.samples_per_second = used / record.train_seconds;

  const Stopwatch watch;
  const Evaluation test = test_->run(*stream_);
  if (!std::isfinite(test.loss))
    fail_diverged("the test loss is not a finite number", progress_.step);
  record.test_loss = test.loss;
  record.test_accuracy = accuracy_ = test.accuracy;
  if (validation_) {
    const Evaluation validation = validation_->run(*stream_);
    record.validation_loss = validation.loss;
    record.validation_accuracy = accuracy_ = validation.accuracy;
  }
  record.eval_seconds = watch.seconds();
  const measure::EnergyWindow eval_energy = energy_lap();
  progress_.eval_energy += eval_energy;
  record.energy =
      epoch_energy(progress_.epoch_train_energy, eval_energy, record.train_seconds, used);
  record.energy.run_joules = (progress_.train_energy + progress_.eval_energy).gross();
  record.straggler = work_time_.close_epoch(communicator_);

  progress_.evaluated = true;
  epochs_.push_back(record);
  {
    const ScopedPlace place(slots_.main, Place::report);
    for (TrainingObserver* observer : observers_) observer->on_epoch(record);
  }
  if (progress_.cursor < samples_) return;
  ++progress_.epoch;
  progress_.cursor = 0;
  progress_.epoch_loss_sum = progress_.epoch_train_seconds = 0;
  progress_.epoch_train_energy = {};
  progress_.epoch_correct = progress_.epoch_skipped_samples = 0;
}

void Trainer::Impl::save() {
  const ScopedDetail detail(instruments_.details, "run", "checkpoint");
  const ScopedActivity activity(slots_.main, Activity::checkpoint, progress_.step);
  // Before anything that only the rank with the folder does: all ranks fail alike.
  if (replica_.backend().kernels->find_non_finite(arena_.value_floats(), arena_.values(),
                                                  *stream_) >= 0)
    fail_diverged("a weight is not a finite number", progress_.step);
  if (!saves_) return;
  replica_check_.before_checkpoint(progress_.step, *stream_);
  if (accuracy_ && *accuracy_ > progress_.best_accuracy) {
    progress_.best_accuracy = *accuracy_;
    progress_.best_step = progress_.step;
  }
  const bool is_sharded = options_.synchronization.reduction.shard;
  if (!is_sharded && !communicator_.is_root()) return;  // the root has all that it writes
  const auto optimizer_state =
      gather_state(synchronizer_.optimizer(), replica_, communicator_, is_sharded);
  if (!communicator_.is_root()) return;
  const ScopedPlace place(slots_.main, Place::writing);
  const CheckpointFolder folder(options_.output, options_.checkpoint_keep);
  const std::filesystem::path file =
      folder.write(capture(replica_, optimizer_state, progress_, data_));
  for (TrainingObserver* observer : observers_)
    observer->on_checkpoint(file.string(), progress_.step);
}

void Trainer::Impl::resume(const Checkpoint& checkpoint) {
  check_resumable(checkpoint, progress_, data_, replica_.model());
  restore(checkpoint, replica_, &synchronizer_.optimizer());
  progress_ = checkpoint.progress;
  progress_.total_steps = total_steps_;
  progress_.recipe = recipe_of(options_);
}

TrainingResult Trainer::Impl::summarize(StopReason reason) {
  TrainingResult result;
  result.stop_reason = reason;
  result.step = progress_.step;
  result.skipped_steps = progress_.skipped_steps;
  result.epochs = epochs_;
  if (progress_.cursor > 0 && !progress_.evaluated)
    result.open_epoch_seconds = progress_.epoch_train_seconds;
  result.samples_trained = progress_.epoch * samples_ + progress_.cursor;
  result.train_energy = progress_.train_energy;
  result.eval_energy = progress_.eval_energy;
  result.startup_seconds = startup_seconds_;
  result.weights_hash = replica_.weights_hash();
  if (!epochs_.empty()) result.test_accuracy = epochs_.back().test_accuracy;
  result.samples_per_second = median_samples_per_second(epochs_);
  result.straggler = work_time_.of_run(communicator_);
  result.ranks = gather_figures(communicator_,
                                {.step_time = clock_.summary(),
                                 .peak_rss_bytes = measure::peak_rss_bytes(),
                                 .optimizer_state_bytes = synchronizer_.optimizer().state_bytes()});
  result.step_time = slowest_step(result.ranks);
  result.peak_rss_bytes = most_memory(result.ranks);
  result.optimizer_state_bytes = most_optimizer_state(result.ranks);
  return result;
}

std::unique_ptr<Evaluator> Trainer::Impl::make_evaluator(datasets::Dataset* split) {
  if (split == nullptr || split->size() == 0) return nullptr;
  return std::make_unique<Evaluator>(replica_, communicator_, *split, loss_, evaluation_batch(),
                                     slots_.main);
}

void Trainer::Impl::fail_diverged(const char* what, std::int64_t step) const {
  throw DivergedError(
      fmt::format("training diverged: {} at step {} (epoch {}). Lower --lr, add --warmup-epochs or "
                  "--clip-norm, "
                  "or look for wrong values in the data.",
                  what, step, progress_.epoch + 1));
}

Trainer::Trainer(nn::Replica& replica, comm::Communicator& communicator,
                 comm::Collective& collective, datasets::DatasetSplits& splits,
                 const TrainerOptions& options, std::vector<TrainingObserver*> observers,
                 const Instruments& instruments)
    : impl_(std::make_unique<Impl>(replica, communicator, collective, splits, options,
                                   std::move(observers), instruments)) {}

Trainer::~Trainer() = default;

void Trainer::resume(const Checkpoint& checkpoint) {
  impl_->resume(checkpoint);
}

bool Trainer::is_finished() const {
  return !impl_->work_left();
}

TrainingResult Trainer::run() {
  try {
    return impl_->run();
  } catch (const InputError& error) {  // a damaged sample: only the rank that reads it knows
    throw Error(error.what(), error.code());
  }
}

void Trainer::request_stop() noexcept {
  stop_requested = true;
}

}  // namespace dtrain::train
