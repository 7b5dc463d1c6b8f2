// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/scaling_model.hpp"

#include <gtest/gtest.h>

#include <array>

// All numbers are worked out by hand from the formulas of docs/predict.md.

namespace dtrain::measure {
namespace {

TEST(ComputeModel, IsProportionalToSamplesWhereOneNumberOfThemWasMeasured) {
  const std::array<ComputeMeasurement, 2> measured{
      {{32, {0.010, 0.030, 0.002}}, {32, {0.020, 0.060, 0.004}}}};
  const ComputeModel model(measured);
  EXPECT_TRUE(model.is_proportional());
  const ComputeTime time = model.at(8);  // a quarter of the mean, 60 ms, of which 3/4 are backward
  EXPECT_NEAR(time.forward, 0.00375, 1e-12);
  EXPECT_NEAR(time.backward, 0.01125, 1e-12);
  EXPECT_NEAR(time.optimizer, 0.003, 1e-12);
  EXPECT_NEAR(time.total(), 0.018, 1e-12);
}

TEST(ComputeModel, KnowsWhatASmallBatchCosts) {
  // 2 ms and 0.5 ms a sample, a third of it forward.
  const std::array<ComputeMeasurement, 2> measured{
      {{8, {0.002, 0.004, 0.001}}, {32, {0.006, 0.012, 0.001}}}};
  const ComputeModel model(measured);
  EXPECT_FALSE(model.is_proportional());
  EXPECT_NEAR(model.fixed_seconds(), 0.002, 1e-12);
  EXPECT_NEAR(model.seconds_per_sample(), 0.0005, 1e-12);
  EXPECT_NEAR(model.at(1).backward, 0.0025 * 2 / 3, 1e-12);
}

/// 10 us and 1 ns a byte between nodes; 5 us and 0.1 ns a byte within.
constexpr Cluster cluster{4, {5e-6, 1e-10}, {10e-6, 1e-9}};

TEST(SumModel, WithinANodeNothingCrossesALink) {
  const SumTime sum = predict_sum(cluster, 1, 1e6);
  EXPECT_NEAR(sum.seconds, 5e-6 + 100e-6, 1e-12);
  EXPECT_EQ(sum.across, "");
  EXPECT_EQ(predict_sum({1, {5e-6, 1e-10}, {}}, 1, 1e6).seconds, 0);  // one rank has nothing to sum
}

TEST(SumModel, AddsTheAlgorithmBetweenNodes) {
  // Ring over 8 nodes: 14 steps, 2 x 7/8 of the array. Recursive doubling: 3 steps, 3 arrays.
  EXPECT_NEAR(predict_sum(cluster, 8, 1e6, "ring").seconds, 105e-6 + 140e-6 + 1750e-6, 1e-9);
  EXPECT_NEAR(predict_sum(cluster, 8, 1e6, "recursive-doubling").seconds, 105e-6 + 30e-6 + 3e-3,
              1e-9);
  // Rabenseifner: 6 steps, the ring's bytes.
  EXPECT_NEAR(predict_sum(cluster, 8, 1e6, "rabenseifner").seconds, 105e-6 + 60e-6 + 1750e-6, 1e-9);
}

TEST(SumModel, TakesTheFastestBetweenNodes) {
  EXPECT_EQ(predict_sum(cluster, 8, 1e6).across, "rabenseifner");
  EXPECT_EQ(predict_sum(cluster, 8, 4000).across, "recursive-doubling");
  EXPECT_EQ(predict_sum(cluster, 3, 1e8).across, "ring");  // for one that is no power of two
  EXPECT_EQ(predict_sum(cluster, 1000, 1e6).across, "rabenseifner");
}

TEST(BucketArrivals, AreTheReducersBuckets) {
  // 1 MB buckets of 4-byte floats: the first two parameters make one, the third, of 3.2 MB, the next;
  // the last bucket takes what is left.
  const std::array<GradientArrival, 5> arrivals{
      {{100'000, 0.1}, {300'000, 0.2}, {1'100'000, 0.5}, {1'150'000, 0.9}, {1'200'000, 1}}};
  const auto buckets = plan_arrivals(arrivals, 1);
  ASSERT_EQ(buckets.size(), 3u);
  EXPECT_EQ(buckets[0].bytes, 1.2e6);
  EXPECT_EQ(buckets[0].share, 0.2);
  EXPECT_EQ(buckets[1].bytes, 3.2e6);
  EXPECT_EQ(buckets[1].share, 0.5);
  EXPECT_EQ(buckets[2].bytes, 0.4e6);
  EXPECT_EQ(buckets[2].share, 1);
}

/// A millisecond per megabyte.
double a_sum(double bytes) {
  return bytes * 1e-9;
}

constexpr ComputeTime compute{0.010, 0.020, 0.003};

TEST(StepModel, WithoutOverlapAllSumsAreWaitedFor) {
  const std::array<BucketArrival, 2> buckets{{{4e6, 0.5}, {6e6, 1}}};
  const StepPrediction step = predict_step(compute, buckets, a_sum, false);
  EXPECT_NEAR(step.sum_seconds, 0.010, 1e-12);
  EXPECT_NEAR(step.exposed_seconds, 0.010, 1e-12);
  EXPECT_NEAR(step.seconds, 0.043, 1e-12);
}

TEST(StepModel, BackwardHidesWhatIsReadyInTime) {
  // The first is ready at 10 ms and done at 14; the second is ready at 20: its 6 ms are waited for.
  const std::array<BucketArrival, 2> buckets{{{4e6, 0.5}, {6e6, 1}}};
  const StepPrediction step = predict_step(compute, buckets, a_sum, true);
  EXPECT_NEAR(step.sum_seconds, 0.010, 1e-12);
  EXPECT_NEAR(step.exposed_seconds, 0.006, 1e-12);
  EXPECT_NEAR(step.seconds, 0.039, 1e-12);
}

TEST(StepModel, ABucketWaitsForTheOneBefore) {
  // Ready at 2, done at 32; the next is ready at 20, begins at 32 and is done at 33: 13 after backward.
  const std::array<BucketArrival, 2> buckets{{{30e6, 0.1}, {1e6, 1}}};
  EXPECT_NEAR(predict_step(compute, buckets, a_sum, true).exposed_seconds, 0.013, 1e-12);
}

TEST(StepModel, WithoutSumsAStepIsComputation) {
  const StepPrediction step = predict_step(compute, {}, a_sum, true);
  EXPECT_EQ(step.exposed_seconds, 0);
  EXPECT_NEAR(step.seconds, compute.total(), 1e-15);
}

}  // namespace
}  // namespace dtrain::measure
