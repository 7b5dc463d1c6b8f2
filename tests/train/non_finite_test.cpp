// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/non_finite.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/host_name.hpp"
#include "tests/train/training.hpp"

namespace dtrain::train {
namespace {

using testing::HasSubstr;

constexpr std::int64_t samples = 203, bad_sample = 100;

/// Images of four classes; one pixel of the bad sample is no number.
void use_a_bad_sample(datasets::DatasetSplits& splits) {
  const auto make = [](std::int64_t count, bool bad) {
    std::vector<float> pixels;
    std::vector<std::int64_t> labels;
    for (std::int64_t i = 0; i < count; ++i) {
      labels.push_back(i % 4);
      for (int p = 0; p < 64; ++p)
        pixels.push_back(p / 16 == i % 4 ? 1.0f : 0.01f * static_cast<float>(i % 7));
    }
    if (bad) pixels[bad_sample * 64 + 27] = std::numeric_limits<float>::quiet_NaN();
    return std::make_unique<datasets::MemoryDataset>(float_images({1, 8, 8}, 4), bytes_of(pixels),
                                                     std::move(labels));
  };
  splits.train = make(samples, true);
  splits.test = make(40, false);
}

std::string message_of(const Job& job) {
  try {
    job.run();
  } catch (const DivergedError& error) {
    return error.what();
  }
  return "no exception";
}

/// Ways to sum gradients, all of which must come to the same verdict.
std::vector<TrainerOptions> ways(const TrainerOptions& plain) {
  std::vector<TrainerOptions> all(6, plain);
  all[1].synchronization.reduction = {.shard = true};
  all[2].synchronization.reduction = {.overlap = true, .shard = true};
  all[2].synchronization.bucket_mb = 0.001;
  all[3].micro_batch = 5;
  all[4].reproducible = true;
  all[4].shards = 5;
  all[5] = all[4];
  all[5].synchronization.reduction = {.shard = true};
  return all;
}

TEST(NonFinite, NamesStepSampleRankAndItsPartOfTheBatch) {
  Job job;
  job.prepare = use_a_bad_sample;
  job.options.synchronization.optimizer.kind = optim::OptimizerKind::adam;
  const auto order = datasets::Sampler(samples, 1, job.options.seed).epoch_order(0);
  const std::int64_t position = std::ranges::find(order, bad_sample) - order.begin();
  const std::int64_t n = std::min<std::int64_t>(32, samples - position / 32 * 32);
  for (const int ranks : {1, 2, 3})
    for (const TrainerOptions& options : ways(job.options)) {
      job.ranks = ranks;
      job.options = options;
      const std::string message = message_of(job);
      EXPECT_THAT(message, HasSubstr(fmt::format("at step {} (epoch 1)", position / 32 + 1)));
      EXPECT_THAT(message, HasSubstr("sample 100 of the data is not finite"));
      for (int rank = 0; rank < ranks; ++rank)
        for (const auto& pass :
             datasets::plan_passes(n, rank, ranks, options.shards, options.micro_batch))
          if (pass.begin <= position % 32 && position % 32 < pass.end) {
            EXPECT_THAT(message,
                        HasSubstr(fmt::format("in samples {} to {} of the batch of {}, on rank {} "
                                              "on {}.",
                                              pass.begin, pass.end - 1, n, rank, host_name())));
          }
    }
}

TEST(NonFinite, ASkippedStepChangesNothing) {
  Job job;
  job.prepare = use_a_bad_sample;
  job.model = small_batch_norm;
  job.options.shards = 5;
  job.options.global_batch = samples;  // the bad sample is in every step
  job.options.on_non_finite = OnNonFinite::skip;
  job.options.steps = 0;
  const std::string initial = job.run().weights_hash;
  job.options.steps = 3;
  for (const TrainerOptions& options : ways(job.options)) {
    job.ranks = 2;
    job.options = options;
    job.options.shards = 5;
    const TrainingResult result = job.run();
    EXPECT_EQ(result.weights_hash, initial);
    EXPECT_EQ(result.skipped_steps, 3);
    EXPECT_EQ(result.step, 3);
  }
}

// Overflow of a scaled loss is met by a smaller scale; what no scale mends is an error as ever.
TEST(NonFinite, AScaledLossFirstTriesSmallerScales) {
  Job job;
  Recorder recorder;
  job.prepare = use_a_bad_sample;
  job.observers = {&recorder};
  job.options.global_batch = samples;  // the bad sample is in every step
  job.options.epochs = 20;
  job.options.scale_loss = true;
  EXPECT_THAT(message_of(job), HasSubstr("at step 17"));
  ASSERT_EQ(recorder.skips.size(), 16u);  // from 65536 down to 1
  EXPECT_THAT(recorder.skips[0].reason, HasSubstr("scale is now 32768"));
  EXPECT_THAT(recorder.skips[15].reason, HasSubstr("scale is now 1"));
}

TEST(NonFinite, SkippingGoesOnAlikeOnAnyNumberOfRanks) {
  Job job;
  job.prepare = use_a_bad_sample;
  job.options.on_non_finite = OnNonFinite::skip;
  job.options.reproducible = true;
  job.options.shards = 5;
  job.options.epochs = 6;
  std::string expected;
  for (const int ranks : {1, 2, 3})
    for (const bool shard : {false, true}) {
      Recorder recorder;
      job.ranks = ranks;
      job.observers = {&recorder};
      job.options.synchronization.reduction.shard = shard;
      const TrainingResult result = job.run();
      if (expected.empty()) expected = result.weights_hash;
      EXPECT_EQ(result.weights_hash, expected);
      EXPECT_EQ(result.skipped_steps, 6);  // one an epoch
      ASSERT_EQ(recorder.skips.size(), 6u);
      EXPECT_EQ(recorder.steps.size() + 6, 6u * 7);
      EXPECT_THAT(recorder.skips[0].reason, HasSubstr("sample 100 of the data"));
      for (const StepRecord& step : recorder.steps) EXPECT_TRUE(std::isfinite(step.loss));
      EXPECT_LT(result.epochs.back().train_loss, result.epochs.front().train_loss);
      EXPECT_GT(*result.test_accuracy, 0.9);
    }
}

TEST(NonFinite, TooManySkipsInARowEndTheRun) {
  Recorder recorder;
  Job job;
  job.ranks = 2;
  job.prepare = use_a_bad_sample;
  job.observers = {&recorder};
  job.options.on_non_finite = OnNonFinite::skip;
  job.options.global_batch = samples;
  job.options.epochs = 20;
  EXPECT_THAT(message_of(job), HasSubstr("10th step in a row"));
  EXPECT_EQ(recorder.skips.size(), 9u);
}

/// Two samples x with the target t, for a linear model whose weights are 0: the loss is t^2, the
/// gradient of a weight -x t / 2.
Job huge_gradients(float x, float t) {
  Job job;
  job.ranks = 2;
  job.model = linear_model;
  job.prepare = [x, t](datasets::DatasetSplits& splits) {
    const auto make = [&] {
      return std::make_unique<datasets::MemoryDataset>(float_images({1, 1, 1}, 2), bytes_of({x, x}),
                                                       std::vector<std::int64_t>(),
                                                       std::vector<float>(4, t));
    };
    splits.train = make();
    splits.test = make();
  };
  job.at_start = [](int, nn::Replica& replica) {
    tensor::ParameterArena& arena = replica.parameters();
    std::fill_n(arena.values(), arena.value_floats(), 0.0f);
  };
  job.options.loss = nn::LossKind::mse;
  job.options.global_batch = 2;
  return job;
}

TEST(NonFinite, AGradientOverflowsBesideAFiniteLoss) {
  Job job = huge_gradients(1e30f, 1e12f);
  for (const bool shard : {false, true}) {
    job.options.synchronization.reduction.shard = shard;
    EXPECT_THAT(message_of(job),
                HasSubstr(fmt::format("the gradient of fc1.weight is not finite, in samples 0 to 0 "
                                      "of the batch of 2, on rank 0 on {} (and on 1 other rank)",
                                      host_name())));
  }
}

TEST(NonFinite, SumsThatOverflowAreFoundToo) {
  Job job = huge_gradients(2e30f, 2e8f);  // 2e38 on each rank
  for (const bool shard : {false, true}) {
    job.options.synchronization.reduction.shard = shard;
    EXPECT_THAT(message_of(job), HasSubstr("too large to be summed"));
  }
}

TEST(NonFinite, ALayerIsNamed) {
  Job job;
  job.at_start = [](int, nn::Replica& replica) {
    tensor::ParameterArena& arena = replica.parameters();
    arena.value(arena.find("fc1.bias"))[3] = std::numeric_limits<float>::infinity();
  };
  EXPECT_THAT(message_of(job), HasSubstr("the output of layer fc1 is not finite"));
}

}  // namespace
}  // namespace dtrain::train
