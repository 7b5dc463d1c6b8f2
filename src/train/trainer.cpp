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
#include "train/epoch_loader.hpp"
#include "train/evaluator.hpp"
#include "train/pass_plan.hpp"
#include "train/preconditions.hpp"
#include "train/replica_check.hpp"
#include "train/resume.hpp"
#include "train/training_step.hpp"

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
  void train_epoch();
  void advance(const StepOutcome&);
  void report(const StepOutcome&);
  void close_epoch();
  EpochRecord training_record() const;
  void evaluate(EpochRecord& record);
  bool reached_target() const;
  void save();
  TrainingResult summarize(StopReason reason);

  void start_meters();
  void stop_meters();
  /// What was used since the last call.
  measure::EnergyWindow energy_lap() {
    return instruments_.energy != nullptr ? instruments_.energy->lap(*stream_)
                                          : measure::EnergyWindow::unknown();
  }
  /// Passes that are tiny for the sake of many ranks would make evaluation slow.
  std::int64_t evaluation_batch() const { return std::max<std::int64_t>(plan_.nominal_pass(), 64); }
  std::unique_ptr<Evaluator> make_evaluator(datasets::Dataset* split);
  [[noreturn]] void fail_diverged(const char* what) const;

  nn::Replica& replica_;
  comm::Communicator& communicator_;
  const Instruments instruments_;
  const TrainerOptions options_;
  const std::vector<TrainingObserver*> observers_;  ///< none but on the root
  const std::int64_t samples_;
  const PassPlan plan_;
  const std::int64_t total_steps_;
  const bool has_labels_;  ///< else float targets
  const bool saves_;       ///< the root has a folder to write to
  const DataFacts data_;

  std::unique_ptr<kernels::Stream> stream_;
  nn::Loss loss_;
  EpochLoader loader_;
  TrainingStep step_;
  ReplicaCheck replica_check_;
  std::unique_ptr<Evaluator> validation_, test_;

  Progress progress_;
  bool stop_agreed_ = false;
  std::optional<double> accuracy_;  ///< of the current weights, if known: validation's or test's
  std::vector<EpochRecord> epochs_;
  Stopwatch training_watch_;  ///< since start_meters()
  WorkTime work_time_;
  double startup_seconds_ = 0;
};

Trainer::Impl::Impl(nn::Replica& replica, comm::Communicator& communicator,
                    comm::Collective& collective, datasets::DatasetSplits& splits,
                    const TrainerOptions& options, std::vector<TrainingObserver*> observers,
                    const Instruments& instruments)
    : replica_(replica),
      communicator_(communicator),
      instruments_(instruments),
      options_(checked_options(options, communicator, splits)),
      observers_(communicator.is_root() ? std::move(observers) : std::vector<TrainingObserver*>()),
      samples_(splits.train->size()),
      plan_(communicator, samples_, options.global_batch, options.shards, options.micro_batch),
      total_steps_(total_steps(options, plan_.steps_per_epoch())),
      has_labels_(!splits.train->labels().empty()),
      saves_(root_has_folder(communicator, options.output)),
      data_(facts_of(splits.train->info())),
      stream_(replica.backend().device->make_stream()),
      loss_(options.loss, options.label_smoothing, replica.model().input().classes,
            evaluation_batch(), replica.backend()),
      loader_(*splits.train, plan_, replica.backend(), options.augment, options.seed),
      step_(replica, communicator, collective, loader_, loss_, plan_, options_, instruments_,
            *stream_, stop_requested),
      replica_check_(replica, communicator, options.check_replicas),
      validation_(make_evaluator(splits.validation.get())),
      test_(make_evaluator(splits.test.get())),
      progress_(fresh_progress(options, samples_, total_steps_)) {
  check_same_layout(communicator, replica.parameters());
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
    const bool is_due = options_.checkpoint_every_epochs > 0 && progress_.cursor == 0 &&
                        progress_.epoch % options_.checkpoint_every_epochs == 0;
    if (is_due || reached_target() || !work_left()) save();
    if (reached_target()) return summarize(StopReason::target_reached);
  }
  return summarize(StopReason::finished);
}

// Steps to do, or an epoch (or the part of one that --steps left) that waits for its evaluation.
bool Trainer::Impl::work_left() const {
  return progress_.step < total_steps_ || (progress_.cursor > 0 && !progress_.evaluated);
}

bool Trainer::Impl::reached_target() const {
  return options_.target_accuracy > 0 && accuracy_ && *accuracy_ >= options_.target_accuracy;
}

// Trains on what is left of the epoch, until its end, the last step, or a stop that all ranks
// agreed on.
void Trainer::Impl::train_epoch() {
  const ScopedDetail detail(instruments_.details, "run", "train");
  start_meters();
  loader_.start(progress_.epoch, progress_.cursor);
  while (progress_.cursor < samples_ && progress_.step < total_steps_ && !stop_agreed_) {
    const StepOutcome outcome = step_.run(progress_);
    advance(outcome);
    report(outcome);
    replica_check_.after_step(progress_.step, *stream_);
    if (options_.checkpoint_every_steps > 0 && !stop_agreed_ &&
        progress_.step % options_.checkpoint_every_steps == 0) {
      stop_meters();
      save();
      start_meters();
    }
  }
  loader_.stop();  // others are to read the same file
  stop_meters();
}

// The step that follows progress_ has been taken.
void Trainer::Impl::advance(const StepOutcome& outcome) {
  stop_agreed_ = outcome.stop_requested;
  ++progress_.step;
  progress_.cursor += outcome.samples;
  progress_.loss_scale = outcome.loss_scale;
  progress_.evaluated = false;
  if (outcome.skip_reason) {
    ++progress_.skipped_steps;
    progress_.epoch_skipped_samples += outcome.samples;
    return;
  }
  const auto n = static_cast<double>(outcome.samples);
  progress_.epoch_loss_sum += outcome.loss * n;
  progress_.epoch_correct += std::llround(outcome.accuracy * n);
  work_time_.waited(outcome.time);
  accuracy_.reset();
}

void Trainer::Impl::report(const StepOutcome& outcome) {
  const ScopedPlace place(instruments_.progress.main, Place::report);
  if (outcome.skip_reason) {
    for (TrainingObserver* observer : observers_)
      observer->on_skip({progress_.step, progress_.epoch + 1, *outcome.skip_reason});
    return;
  }
  StepRecord record;
  record.step = progress_.step;
  record.epoch = progress_.epoch + 1;
  record.samples_done = progress_.cursor;
  record.samples_in_epoch = samples_;
  record.loss = outcome.loss;
  if (has_labels_) record.accuracy = outcome.accuracy;
  record.learning_rate = outcome.learning_rate;
  record.time = outcome.time;
  record.samples_per_second = static_cast<double>(outcome.samples) / outcome.time.total_ms * 1e3;
  for (TrainingObserver* observer : observers_) observer->on_step(record);
}

void Trainer::Impl::start_meters() {
  energy_lap();  // what came before was no training
  training_watch_.restart();
}

void Trainer::Impl::stop_meters() {
  const double seconds = training_watch_.seconds();
  work_time_.passed(seconds);
  progress_.epoch_train_seconds += seconds;
  const measure::EnergyWindow energy = energy_lap();
  progress_.epoch_train_energy += energy;
  progress_.train_energy += energy;
}

// Evaluates and reports the epoch, or the part of it that --steps left.
void Trainer::Impl::close_epoch() {
  const ScopedDetail detail(instruments_.details, "run", "evaluate");
  const ScopedActivity activity(instruments_.progress.main, Activity::evaluation, progress_.step);
  EpochRecord record = training_record();
  evaluate(record);
  record.straggler = work_time_.close_epoch(communicator_);
  progress_.evaluated = true;
  epochs_.push_back(record);
  {
    const ScopedPlace place(instruments_.progress.main, Place::report);
    for (TrainingObserver* observer : observers_) observer->on_epoch(record);
  }
  if (progress_.cursor == samples_) progress_.begin_next_epoch();
}

EpochRecord Trainer::Impl::training_record() const {
  const auto used = static_cast<double>(progress_.epoch_samples_trained());
  EpochRecord record;
  record.epoch = progress_.epoch + 1;
  record.step = progress_.step;
  record.train_loss = progress_.epoch_loss_sum / used;
  if (has_labels_) record.train_accuracy = static_cast<double>(progress_.epoch_correct) / used;
  record.train_seconds = progress_.epoch_train_seconds;
  record.samples_per_second = used / record.train_seconds;
  return record;
}

void Trainer::Impl::evaluate(EpochRecord& record) {
  const Stopwatch watch;
  const Evaluation test = test_->run(*stream_);
  if (!std::isfinite(test.loss)) fail_diverged("the test loss is not a finite number");
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
  record.energy = epoch_energy(progress_.epoch_train_energy, eval_energy, record.train_seconds,
                               static_cast<double>(progress_.epoch_samples_trained()));
  record.energy.run_joules = (progress_.train_energy + progress_.eval_energy).gross();
}

void Trainer::Impl::save() {
  const ScopedDetail detail(instruments_.details, "run", "checkpoint");
  const ScopedActivity activity(instruments_.progress.main, Activity::checkpoint, progress_.step);
  // Before anything that only the rank with the folder does: all ranks fail alike.
  const tensor::ParameterArena& arena = replica_.parameters();
  if (replica_.backend().kernels->find_non_finite(arena.value_floats(), arena.values(), *stream_) >=
      0)
    fail_diverged("a weight is not a finite number");
  if (!saves_) return;
  replica_check_.before_checkpoint(progress_.step, *stream_);
  if (accuracy_ && *accuracy_ > progress_.best_accuracy) {
    progress_.best_accuracy = *accuracy_;
    progress_.best_step = progress_.step;
  }
  const bool is_sharded = options_.synchronization.reduction.shard;
  if (!is_sharded && !communicator_.is_root()) return;  // the root has all that it writes
  const auto optimizer_state = gather_state(step_.optimizer(), replica_, communicator_, is_sharded);
  if (!communicator_.is_root()) return;
  const ScopedPlace place(instruments_.progress.main, Place::writing);
  const CheckpointFolder folder(options_.output, options_.checkpoint_keep);
  const std::filesystem::path file =
      folder.write(capture(replica_, optimizer_state, progress_, data_));
  for (TrainingObserver* observer : observers_)
    observer->on_checkpoint(file.string(), progress_.step);
}

void Trainer::Impl::resume(const Checkpoint& checkpoint) {
  check_resumable(checkpoint, progress_, data_, replica_.model());
  restore(checkpoint, replica_, &step_.optimizer());
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
  result.ranks =
      gather_figures(communicator_, {.step_time = step_.time_summary(),
                                     .peak_rss_bytes = measure::peak_rss_bytes(),
                                     .optimizer_state_bytes = step_.optimizer().state_bytes()});
  result.step_time = slowest_step(result.ranks);
  result.peak_rss_bytes = most_memory(result.ranks);
  result.optimizer_state_bytes = most_optimizer_state(result.ranks);
  return result;
}

std::unique_ptr<Evaluator> Trainer::Impl::make_evaluator(datasets::Dataset* split) {
  if (split == nullptr || split->size() == 0) return nullptr;
  return std::make_unique<Evaluator>(replica_, communicator_, *split, loss_, evaluation_batch(),
                                     instruments_.progress.main);
}

void Trainer::Impl::fail_diverged(const char* what) const {
  throw DivergedError(
      fmt::format("training diverged: {} at step {} (epoch {}). Lower --lr, add --warmup-epochs or "
                  "--clip-norm, or look for wrong values in the data.",
                  what, progress_.step, progress_.epoch + 1));
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
