// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/trainer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>

#include "base/error.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/train/training.hpp"
#include "train/checkpoint_folder.hpp"

namespace dtrain::train {
namespace {

/// Streams another dataset and counts how often each sample is read.
class CountingDataset : public datasets::Dataset {
 public:
  CountingDataset(std::unique_ptr<datasets::Dataset> whole, std::map<std::int64_t, int>& counts,
                  std::mutex& mutex)
      : whole_(std::move(whole)), counts_(counts), mutex_(mutex) {}
  const datasets::DatasetInfo& info() const override { return whole_->info(); }
  std::int64_t size() const override { return whole_->size(); }
  std::int64_t chunk_samples() const override { return whole_->chunk_samples(); }
  const void* resident_samples() const override { return nullptr; }
  std::span<const std::int64_t> labels() const override { return whole_->labels(); }
  std::span<const float> targets() const override { return whole_->targets(); }
  void read(std::span<const std::int64_t> ids, void* destination) override {
    const std::lock_guard lock(mutex_);
    for (const std::int64_t id : ids) ++counts_[id];
    whole_->read(ids, destination);
  }

 private:
  std::unique_ptr<datasets::Dataset> whole_;
  std::map<std::int64_t, int>& counts_;
  std::mutex& mutex_;
};

class Ranks : public testing::TestWithParam<int> {};

TEST_P(Ranks, UseEverySampleOnceAnEpoch) {
  std::mutex mutex;
  std::map<std::int64_t, int> trained, tested;
  Job job;
  job.ranks = GetParam();
  job.prepare = [&](datasets::DatasetSplits& splits) {
    splits.train = std::make_unique<CountingDataset>(std::move(splits.train), trained, mutex);
    splits.test = std::make_unique<CountingDataset>(std::move(splits.test), tested, mutex);
  };
  job.run();
  ASSERT_EQ(trained.size(), 203u);
  for (const auto& [id, count] : trained) EXPECT_EQ(count, 2) << "training sample " << id;
  ASSERT_EQ(tested.size(), 40u);
  for (const auto& [id, count] : tested) EXPECT_EQ(count, 2) << "test sample " << id;
}

void expect_same_training(const Job& job, double tolerance) {
  const auto train = [](Job with, int ranks) {
    Recorder recorder;
    with.ranks = ranks;
    with.observers = {&recorder};
    with.run();
    return recorder;
  };
  const Recorder alone = train(job, 1), together = train(job, job.ranks);
  ASSERT_EQ(together.steps.size(), alone.steps.size());
  for (std::size_t i = 0; i < alone.steps.size(); ++i) {
    ASSERT_NEAR(together.steps[i].loss, alone.steps[i].loss, tolerance) << "step " << i + 1;
    ASSERT_EQ(together.steps[i].samples_done, alone.steps[i].samples_done);
  }
  ASSERT_EQ(together.epochs.size(), alone.epochs.size());
  for (std::size_t i = 0; i < alone.epochs.size(); ++i) {
    ASSERT_NEAR(together.epochs[i].train_loss, alone.epochs[i].train_loss, tolerance);
    ASSERT_NEAR(together.epochs[i].test_loss, alone.epochs[i].test_loss, tolerance);
  }
}

TEST_P(Ranks, TrainAsOneRankDoes) {
  Job job;
  job.ranks = GetParam();
  job.options.augment = {1, true};
  expect_same_training(job, 2e-4);
}

TEST_P(Ranks, TrainAsOneRankDoesWithMicroBatches) {
  Job job;
  job.ranks = GetParam();
  job.options.micro_batch = 5;
  expect_same_training(job, 2e-4);
}

TEST_P(Ranks, TrainAsOneRankDoesWithShards) {
  // Batch norm takes its statistics per shard, so that they do not depend on the ranks.
  Job job;
  job.ranks = GetParam();
  job.model = small_batch_norm;
  job.options.shards = 8;
  expect_same_training(job, 5e-4);
}

INSTANTIATE_TEST_SUITE_P(Trainer, Ranks, testing::Values(1, 2, 3, 5));

// The promise of --reproducible, with all that could break it: dropout, augmentation, batch norm,
// tails, an uneven number of shards per rank, overlap, sharded optimizers, buckets.
TEST(Reproducible, AnyNumberOfRanksGivesTheSameBits) {
  for (const char* model : {small_cnn, small_batch_norm}) {
    Job job;
    job.model = model;
    job.options.reproducible = true;
    job.options.shards = 5;
    job.options.augment = {1, true};
    job.options.synchronization.optimizer.kind = optim::OptimizerKind::adam;
    Recorder alone;
    job.observers = {&alone};
    const TrainingResult expected = job.run();
    for (const int ranks : {2, 3, 4, 5})
      for (const bool overlap : {false, true})
        for (const bool shard : {false, true}) {
          Recorder recorder;
          job.ranks = ranks;
          job.observers = {&recorder};
          job.options.synchronization.bucket_mb = overlap ? 0.001 : 25;
          job.options.synchronization.reduction = {.overlap = overlap, .shard = shard};
          EXPECT_EQ(job.run().weights_hash, expected.weights_hash) << ranks << " ranks";
          ASSERT_EQ(recorder.steps.size(), alone.steps.size());
          for (std::size_t i = 0; i < alone.steps.size(); ++i)
            EXPECT_EQ(recorder.steps[i].loss, alone.steps[i].loss);
          for (std::size_t i = 0; i < alone.epochs.size(); ++i) {
            EXPECT_EQ(recorder.epochs[i].train_loss, alone.epochs[i].train_loss);
            EXPECT_EQ(recorder.epochs[i].test_loss, alone.epochs[i].test_loss);
          }
        }
    job.ranks = 1;
    job.observers.clear();
    job.options.synchronization = {};
  }
}

TEST(Reproducible, ResumesAtAnotherNumberOfRanks) {
  Job job;
  job.ranks = 4;
  job.model = small_batch_norm;
  job.options.reproducible = true;
  job.options.shards = 8;
  job.options.synchronization.reduction.shard = true;
  const std::string whole = job.run().weights_hash;
  const TemporaryFolder folder;
  Recorder stopped;
  stopped.at_step = [&](const StepRecord& record) {
    if (record.step == 4) Trainer::request_stop();
  };
  job.observers = {&stopped};
  job.options.output = folder.path();
  EXPECT_EQ(job.run().stop_reason, StopReason::stopped);
  job.observers.clear();
  job.options.output.clear();
  job.resume = read_checkpoint(folder.path() / "checkpoint-0005.h5");
  job.ranks = 3;
  EXPECT_EQ(job.run().weights_hash, whole);
}

TEST(Reproducible, TrainsAsWellAsPlainSums) {
  Job job;
  const double plain = job.run().epochs.back().test_loss;
  job.options.reproducible = true;
  job.options.shards = 4;
  EXPECT_NEAR(job.run().epochs.back().test_loss, plain, 1e-4);
}

TEST(Reproducible, RefusesWhatCannotBe) {
  Job job;
  job.ranks = 2;
  job.options.reproducible = true;
  job.options.shards = 4;
  job.options.synchronization.reduction.compress = true;
  EXPECT_THROW(job.run(), UsageError);
  job.options.synchronization.reduction = {.shard = true};
  job.options.synchronization.optimizer.clip_norm = 1;
  EXPECT_THROW(job.run(), UsageError);
  job.options.synchronization = {};
  job.ranks = 5;
  EXPECT_THROW(job.run(), UsageError);
}

TEST(Trainer, RanksThatGetNoTailSampleJoin) {
  Job job;  // 203 = 6 * 32 + 11, and with batches of 40 a tail of 3
  job.options.global_batch = 40;
  job.ranks = 8;
  expect_same_training(job, 2e-4);
}

TEST(Trainer, EpochLossIsTheMeanOverSamples) {
  Recorder recorder;
  Job job;
  job.observers = {&recorder};
  job.options.epochs = 1;
  const TrainingResult result = job.run();
  double sum = 0, correct = 0, done = 0;
  for (const StepRecord& step : recorder.steps) {
    const double n = static_cast<double>(step.samples_done) - done;
    sum += step.loss * n;
    correct += *step.accuracy * n;
    done = static_cast<double>(step.samples_done);
  }
  ASSERT_EQ(recorder.epochs.size(), 1u);
  EXPECT_NEAR(recorder.epochs[0].train_loss, sum / 203, 1e-9);
  EXPECT_NEAR(*recorder.epochs[0].train_accuracy, correct / 203, 1e-9);
  EXPECT_EQ(result.test_accuracy, recorder.epochs[0].test_accuracy);
}

TEST(Trainer, Learns) {
  Job job;
  job.ranks = 2;
  job.options.epochs = 15;
  const TrainingResult result = job.run();
  EXPECT_LT(result.epochs.back().train_loss, 0.5 * result.epochs.front().train_loss);
  EXPECT_GT(*result.test_accuracy, 0.8);
  EXPECT_EQ(result.stop_reason, StopReason::finished);
  EXPECT_GT(result.step_time.median_ms, 0.0);
  EXPECT_GT(result.peak_rss_bytes, 0);
}

TEST(Trainer, EvaluationAgreesWithAHandMadeSum) {
  // All weights and biases zero: every class has probability 1/4.
  Job job;
  job.ranks = 3;
  job.model = linear_model;
  job.options.learning_rate = 0;
  Recorder recorder;
  job.observers = {&recorder};
  const auto zero = [](Checkpoint& checkpoint) {
    for (NamedArray& array : checkpoint.parameters) std::ranges::fill(array.data, 0.0f);
  };
  const TemporaryFolder folder;
  job.options.output = folder.path();
  job.options.steps = 0;
  job.run();
  Checkpoint start = read_checkpoint(folder.path() / "checkpoint-0000.h5");
  zero(start);
  job.options.output.clear();
  job.options.steps = -1;
  job.options.epochs = 1;
  job.resume = start;
  job.run();
  EXPECT_NEAR(recorder.epochs.at(0).test_loss, std::log(4.0), 1e-6);
  EXPECT_NEAR(recorder.epochs.at(0).train_loss, std::log(4.0), 1e-6);
}

TEST(Trainer, StopsAtTheTarget) {
  Job job;
  job.options.epochs = 100;
  job.options.target_accuracy = 0.6;
  const TrainingResult result = job.run();
  EXPECT_EQ(result.stop_reason, StopReason::target_reached);
  EXPECT_LT(result.epochs.size(), 100u);
  EXPECT_GE(*result.test_accuracy, 0.6);
}

TEST(Trainer, ZeroStepsWriteTheInitialCheckpoint) {
  const TemporaryFolder folder;
  Recorder recorder;
  Job job;
  job.options.steps = 0;
  job.options.output = folder.path();
  job.observers = {&recorder};
  const TrainingResult result = job.run();
  EXPECT_TRUE(recorder.steps.empty());
  EXPECT_EQ(weights_hash(read_checkpoint(folder.path() / "checkpoint-0000.h5")),
            result.weights_hash);
}

TEST(Trainer, StepsOverrideEpochs) {
  Recorder recorder;
  Job job;
  job.options.steps = 9;  // an epoch has 7
  job.observers = {&recorder};
  const TrainingResult result = job.run();
  EXPECT_EQ(recorder.steps.size(), 9u);
  ASSERT_EQ(result.epochs.size(), 2u);
  EXPECT_EQ(result.epochs[1].step, 9);
}

TEST(Trainer, NonFiniteLossIsDivergence) {
  Job job;
  job.ranks = 2;
  job.options.learning_rate = 1e30f;
  try {
    job.run();
    FAIL() << "no exception";
  } catch (const DivergedError& error) {
    EXPECT_EQ(error.code(), ExitCode::diverged);
    EXPECT_NE(std::string(error.what()).find("step"), std::string::npos) << error.what();
  }
}

TEST(Trainer, NonFiniteWeightsAreNotSaved) {
  const TemporaryFolder folder;
  Job job;
  job.ranks = 2;
  job.options.learning_rate = std::numeric_limits<float>::infinity();
  job.options.checkpoint_every_steps = 1;
  job.options.output = folder.path();
  EXPECT_THROW(job.run(), DivergedError);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

/// A split with one damaged sample.
class DamagedDataset : public CountingDataset {
 public:
  using CountingDataset::CountingDataset;
  void read(std::span<const std::int64_t> ids, void* destination) override {
    if (std::ranges::find(ids, 100) != ids.end()) throw InputError("sample 100 is damaged");
    CountingDataset::read(ids, destination);
  }
};

TEST(Trainer, ADamagedSampleEndsTheJobOnTheRankThatReadsIt) {
  std::mutex mutex;
  std::map<std::int64_t, int> counts;
  Job job;
  job.ranks = 3;
  job.prepare = [&](datasets::DatasetSplits& splits) {
    splits.train = std::make_unique<DamagedDataset>(std::move(splits.train), counts, mutex);
  };
  try {
    job.run();
    FAIL() << "no exception";
  } catch (const InputError&) {
    FAIL() << "an InputError would mean that all ranks have met it";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::bad_input);
    EXPECT_STREQ(error.what(), "sample 100 is damaged");
  }
}

TEST(Trainer, RefusesMoreRanksThanSamplesOrShards) {
  Job job;
  job.ranks = 3;
  job.options.global_batch = 2;
  EXPECT_THROW(job.run(), UsageError);
  job.options.global_batch = 32;
  job.options.shards = 2;
  EXPECT_THROW(job.run(), UsageError);
  job.options.shards = 0;
  job.data = "synthetic:1x8x8:2:2";
  EXPECT_THROW(job.run(), Error);
}

/// One sample per image, float targets that a linear model can meet.
void use_float_targets(datasets::DatasetSplits& splits) {
  datasets::DatasetInfo info;
  info.name = "targets";
  info.sample_shape = {1, 1, 3};
  info.type = datasets::SampleType::float32;
  info.classes = {"a", "b"};
  info.mean = {0};
  info.std = {1};
  const auto make = [&](int samples) {
    std::vector<float> values, targets;
    for (int i = 0; i < samples; ++i) {
      const auto x = static_cast<float>(i % 5), y = static_cast<float>(i % 3);
      values.insert(values.end(), {x, y, 1});
      targets.insert(targets.end(), {0.2f * x - 0.1f * y, 0.3f * y + 0.5f});
    }
    std::vector<std::byte> bytes(values.size() * sizeof(float));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return std::make_unique<datasets::MemoryDataset>(
        info, std::move(bytes), std::vector<std::int64_t>(), std::move(targets));
  };
  splits.train = make(60);
  splits.test = make(15);
}

TEST(Trainer, FloatTargetsHaveLossButNoAccuracy) {
  Job job;
  job.ranks = 2;
  job.model = linear_model;
  job.prepare = use_float_targets;
  EXPECT_THROW(job.run(), UsageError);  // cross-entropy cannot use them
  job.options.loss = nn::LossKind::mse;
  job.options.epochs = 60;
  const TrainingResult result = job.run();
  EXPECT_FALSE(result.test_accuracy);
  EXPECT_FALSE(result.epochs[0].train_accuracy);
  EXPECT_LT(result.epochs.back().test_loss, 1e-3);
}

TEST(Trainer, ValidationDecidesWhereThereIsOne) {
  const TemporaryFolder folder;
  Job job;
  job.validation_fraction = 0.2;
  job.options.output = folder.path();
  const TrainingResult result = job.run();
  double best = -1;
  for (const EpochRecord& epoch : result.epochs) {
    ASSERT_TRUE(epoch.validation_accuracy);
    best = std::max(best, *epoch.validation_accuracy);
  }
  const auto last = newest_checkpoint(folder.path(), [](const std::string&) {});
  EXPECT_EQ(last->checkpoint.progress.best_accuracy, best);
}

}  // namespace
}  // namespace dtrain::train
