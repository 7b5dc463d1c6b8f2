// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/train/training.hpp"
#include "train/checkpoint_folder.hpp"

namespace dtrain::train {
namespace {

namespace fs = std::filesystem;

Checkpoint newest_in(const fs::path& folder) {
  auto found =
      newest_checkpoint(folder, [](const std::string& notice) { ADD_FAILURE() << notice; });
  if (!found) throw std::runtime_error("no checkpoint");
  return std::move(found->checkpoint);
}

/// Adam, dropout, augmentation, a cosine schedule: all that a resumed run must continue.
Job demanding_job() {
  Job job;
  job.ranks = 2;
  job.options.epochs = 3;
  job.options.synchronization.optimizer.kind = optim::OptimizerKind::adam;
  job.options.learning_rate = 0.01f;
  job.options.schedule = optim::ScheduleKind::cosine;
  job.options.augment = {1, true};
  return job;
}

/// Stops the job after `step`, resumes it, and compares with the run that was never stopped.
void expect_exact_resume(Job job, std::int64_t step) {
  Recorder whole;
  job.observers = {&whole};
  const TrainingResult expected = job.run();

  const TemporaryFolder folder;
  Recorder stopped;
  stopped.at_step = [&](const StepRecord& record) {
    if (record.step == step - 1) Trainer::request_stop();  // is agreed on in the next step
  };
  job.observers = {&stopped};
  job.options.output = folder.path();
  EXPECT_EQ(job.run().stop_reason, StopReason::stopped);

  Recorder resumed;
  job.observers = {&resumed};
  job.resume = newest_in(folder.path());
  EXPECT_EQ(job.resume->progress.step, step);
  const TrainingResult result = job.run();
  EXPECT_EQ(result.stop_reason, StopReason::finished);
  EXPECT_EQ(result.weights_hash, expected.weights_hash);

  ASSERT_EQ(stopped.steps.size() + resumed.steps.size(), whole.steps.size());
  for (std::size_t i = 0; i < resumed.steps.size(); ++i) {
    const StepRecord& before = whole.steps[stopped.steps.size() + i];
    EXPECT_EQ(resumed.steps[i].step, before.step);
    EXPECT_EQ(resumed.steps[i].loss, before.loss);
    EXPECT_EQ(resumed.steps[i].learning_rate, before.learning_rate);
  }
  ASSERT_EQ(stopped.epochs.size() + resumed.epochs.size(), whole.epochs.size());
  for (std::size_t i = 0; i < resumed.epochs.size(); ++i) {
    const EpochRecord& before = whole.epochs[stopped.epochs.size() + i];
    EXPECT_EQ(resumed.epochs[i].epoch, before.epoch);
    EXPECT_EQ(resumed.epochs[i].train_loss, before.train_loss);
    EXPECT_EQ(resumed.epochs[i].train_accuracy, before.train_accuracy);
    EXPECT_EQ(resumed.epochs[i].test_loss, before.test_loss);
  }
}

TEST(Resume, RefusesToEndBeforeTheCheckpoint) {
  Job job = demanding_job();
  const TemporaryFolder folder;
  job.options.output = folder.path();
  job.options.steps = 5;
  job.run();
  job.resume = newest_in(folder.path());
  job.options.steps = 4;
  EXPECT_THROW(job.run(), UsageError);
}

TEST(Resume, KnowsAFinishedRun) {
  for (const std::int64_t steps : {5, 8}) {  // amid an epoch, and at the end of one
    Job job = demanding_job();
    const TemporaryFolder folder;
    job.options.output = folder.path();
    job.options.steps = steps;
    job.run();
    EXPECT_TRUE(newest_in(folder.path()).progress.evaluated);
    Recorder again;
    job.observers = {&again};
    job.resume = newest_in(folder.path());
    EXPECT_EQ(job.run().stop_reason, StopReason::finished);
    EXPECT_TRUE(again.epochs.empty());
  }
}

TEST(Stop, CountsTheTimeOfTheOpenEpoch) {
  Job job = demanding_job();
  Recorder recorder;
  recorder.at_step = [](const StepRecord& record) {
    if (record.step == 1) Trainer::request_stop();
  };
  job.observers = {&recorder};
  const TrainingResult result = job.run();
  EXPECT_EQ(result.stop_reason, StopReason::stopped);
  EXPECT_EQ(result.step, 2);
  EXPECT_GT(result.open_epoch_seconds, 0);
}

TEST(ShardedOptimizer, GivesTheSameBits) {
  for (const auto kind :
       {optim::OptimizerKind::sgd, optim::OptimizerKind::adam, optim::OptimizerKind::adamw}) {
    for (const bool overlap : {false, true}) {
      Job job = demanding_job();
      job.ranks = 3;
      job.options.synchronization.optimizer.kind = kind;
      job.options.synchronization.bucket_mb = 0.001;
      const TrainingResult whole = job.run();
      job.options.synchronization.reduction = {.overlap = overlap, .shard = true};
      const TrainingResult sharded = job.run();
      EXPECT_EQ(sharded.weights_hash, whole.weights_hash);
      // A third of the state, but for buckets that do not divide evenly.
      EXPECT_NEAR(static_cast<double>(sharded.optimizer_state_bytes),
                  static_cast<double>(whole.optimizer_state_bytes) / 3,
                  0.1 * static_cast<double>(whole.optimizer_state_bytes));
    }
  }
}

// Norms over all ranks' parts: the same up to the order of sums.
TEST(ShardedOptimizer, TakesNormsOfTheWhole) {
  for (const auto kind :
       {optim::OptimizerKind::adam, optim::OptimizerKind::lars, optim::OptimizerKind::lamb}) {
    Job job = demanding_job();
    job.ranks = 3;
    job.options.synchronization.optimizer.kind = kind;
    if (kind == optim::OptimizerKind::adam) job.options.synchronization.optimizer.clip_norm = 0.1f;
    const double whole = job.run().epochs.back().test_loss;
    job.options.synchronization.reduction.shard = true;
    EXPECT_NEAR(job.run().epochs.back().test_loss, whole, 1e-3) << optim::to_string(kind);
  }
}

// Of few parameters one rank owns everything, and the others nothing.
TEST(ShardedOptimizer, SavesWhereSomeRanksOwnNothing) {
  const TemporaryFolder folder;
  Job job = demanding_job();
  job.model = R"({"name": "few", "layers": [
    {"type": "global_average_pool"},
    {"type": "linear", "name": "fc1", "units": "classes", "bias": false}]})";
  job.ranks = 3;
  job.options.synchronization.reduction.shard = true;
  job.options.output = folder.path();
  EXPECT_EQ(job.run().stop_reason, StopReason::finished);
  EXPECT_EQ(newest_in(folder.path()).optimizer.size(), 2u);
}

TEST(ShardedOptimizer, ResumesExactlyAndAtAnyNumberOfRanks) {
  Job job = demanding_job();
  job.ranks = 3;
  job.options.synchronization.reduction.shard = true;
  expect_exact_resume(job, 9);

  // The file does not know who owned what: another number of ranks reads it.
  const TemporaryFolder folder;
  job.options.output = folder.path();
  job.options.steps = 5;
  job.run();
  const Checkpoint sharded = newest_in(folder.path());
  const TemporaryFolder other;
  job.options.output = other.path();
  job.options.synchronization.reduction.shard = false;
  job.run();
  EXPECT_EQ(encode(newest_in(other.path())).size(), encode(sharded).size());
  EXPECT_EQ(weights_hash(newest_in(other.path())), weights_hash(sharded));
  ASSERT_EQ(sharded.optimizer.size(), 2u);
  for (std::size_t s = 0; s < 2; ++s)
    for (std::size_t p = 0; p < sharded.optimizer[s].second.size(); ++p)
      EXPECT_EQ(sharded.optimizer[s].second[p].data,
                newest_in(other.path()).optimizer[s].second[p].data);
  job.ranks = 2;
  job.resume = sharded;
  job.options.steps = 8;
  job.options.output.clear();
  EXPECT_EQ(job.run().stop_reason, StopReason::finished);
}

TEST(Resume, IsExactInTheMiddleOfAnEpoch) {
  expect_exact_resume(demanding_job(), 10);
}
TEST(Resume, IsExactAfterTheLastStepOfAnEpoch) {
  expect_exact_resume(demanding_job(), 7);
}
TEST(Resume, IsExactAfterTheLastStepOfAll) {
  expect_exact_resume(demanding_job(), 21);
}

TEST(Resume, IsExactWithBatchNormAndShards) {
  Job job = demanding_job();
  job.model = small_batch_norm;
  job.options.shards = 4;
  expect_exact_resume(job, 9);
}

TEST(Resume, IsExactWithMomentum) {
  Job job = demanding_job();
  job.options.synchronization.optimizer.kind = optim::OptimizerKind::sgd;
  expect_exact_resume(job, 12);
}

TEST(Resume, GoesOnFromAPeriodicCheckpoint) {
  const TemporaryFolder folder;
  Job job = demanding_job();
  const std::string expected = job.run().weights_hash;
  job.options.output = folder.path();
  job.options.checkpoint_every_steps = 4;
  job.options.checkpoint_every_epochs = 0;
  job.options.checkpoint_keep = 100;
  EXPECT_EQ(job.run().weights_hash, expected);
  for (const char* name : {"checkpoint-0004.h5", "checkpoint-0008.h5", "checkpoint-0020.h5"}) {
    job.resume = read_checkpoint(folder.path() / name);
    EXPECT_EQ(job.run().weights_hash, expected) << name;
  }
}

TEST(Resume, FinishedRunGoesOnWithMoreEpochs) {
  const TemporaryFolder folder;
  Job job;
  job.options.epochs = 3;
  const std::string expected = job.run().weights_hash;
  job.options.output = folder.path();
  job.options.epochs = 2;
  job.run();
  job.resume = newest_in(folder.path());
  EXPECT_TRUE(job.run().epochs.empty());  // nothing left to do
  job.options.epochs = 3;
  const TrainingResult result = job.run();
  EXPECT_EQ(result.weights_hash, expected);  // the learning rate is constant
  ASSERT_EQ(result.epochs.size(), 1u);
  EXPECT_EQ(result.epochs[0].epoch, 3);
}

TEST(Resume, AtOtherRankCountsTrainsOn) {
  const TemporaryFolder folder;
  Job job = demanding_job();
  const TrainingResult expected = job.run();
  job.options.output = folder.path();
  job.options.checkpoint_every_steps = 10;
  job.options.checkpoint_keep = 100;
  job.run();
  job.resume = read_checkpoint(folder.path() / "checkpoint-0010.h5");
  job.ranks = 3;
  EXPECT_NEAR(job.run().epochs.back().test_loss, expected.epochs.back().test_loss, 1e-3);
}

TEST(Resume, RefusesAnotherRun) {
  const TemporaryFolder folder;
  Job job;
  job.options.epochs = 1;
  job.options.output = folder.path();
  job.run();
  job.resume = newest_in(folder.path());
  job.options.epochs = 2;

  const auto expect_refusal = [&](const std::function<void(Job&)>& change,
                                  const std::string& word) {
    Job other = job;
    other.options.output.clear();
    change(other);
    try {
      other.run();
      ADD_FAILURE() << "resumed with another " << word;
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
  };
  expect_refusal([](Job& j) { j.options.global_batch = 33; }, "--global-batch");
  expect_refusal([](Job& j) { j.options.seed = 8; }, "--seed");
  expect_refusal([](Job& j) { j.options.shards = 2; }, "shards");
  expect_refusal([](Job& j) { j.model = linear_model; }, "model");
  expect_refusal([](Job& j) { j.data = "synthetic:1x8x8:4:204"; }, "dataset");
  expect_refusal([](Job& j) { j.resume->progress.train_samples = 204; }, "samples");
  expect_refusal(
      [](Job& j) { j.options.synchronization.optimizer.kind = optim::OptimizerKind::adam; },
      "--optimizer");
  expect_refusal(
      [](Job& j) { j.model.replace(j.model.find("\"units\": 16"), 11, "\"units\": 17"); },
      "layers");
}

}  // namespace
}  // namespace dtrain::train
