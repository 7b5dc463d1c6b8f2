// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/sampler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace dtrain::datasets {
namespace {

using ::testing::ElementsAre;

TEST(Partition, HandWorked) {
  EXPECT_EQ(partition(10, 0, 4), (Range{0, 2}));
  EXPECT_EQ(partition(10, 1, 4), (Range{2, 5}));
  EXPECT_EQ(partition(10, 2, 4), (Range{5, 7}));
  EXPECT_EQ(partition(10, 3, 4), (Range{7, 10}));
  EXPECT_EQ(partition(1, 0, 3), (Range{0, 0}));
  EXPECT_EQ(partition(1, 2, 3), (Range{0, 1}));
}

TEST(PlanPasses, HandWorked) {
  EXPECT_THAT(plan_passes(10, 1, 2, 0, 0), ElementsAre(Range{5, 10}));
  EXPECT_THAT(plan_passes(10, 1, 2, 0, 2), ElementsAre(Range{5, 7}, Range{7, 9}, Range{9, 10}));
  // Shards of 10 in 4: [0,2) [2,5) [5,7) [7,10); rank 1 of 3 owns shard 1, rank 2 owns 2 and 3.
  EXPECT_THAT(plan_passes(10, 0, 3, 4, 0), ElementsAre(Range{0, 2}));
  EXPECT_THAT(plan_passes(10, 1, 3, 4, 0), ElementsAre(Range{2, 5}));
  EXPECT_THAT(plan_passes(10, 2, 3, 4, 0), ElementsAre(Range{5, 7}, Range{7, 10}));
  // Fewer samples than shards: empty shards are left out.
  EXPECT_THAT(plan_passes(3, 0, 1, 8, 0), ElementsAre(Range{0, 1}, Range{1, 2}, Range{2, 3}));
  EXPECT_TRUE(plan_passes(3, 0, 8, 0, 0).empty());
}

TEST(PlanPasses, RanksTogetherCoverEachSampleOnceInOrder) {
  for (std::int64_t n : {0, 1, 3, 7, 8, 63, 64, 200, 257})
    for (int ranks : {1, 2, 3, 5, 8, 13})
      for (std::int64_t shards : {0, 1, 8, 16})
        for (std::int64_t micro : {0, 1, 5}) {
          std::int64_t covered = 0;
          for (int rank = 0; rank < ranks; ++rank)
            for (const Range& pass : plan_passes(n, rank, ranks, shards, micro)) {
              ASSERT_EQ(pass.begin, covered);
              ASSERT_GT(pass.size(), 0);
              if (shards == 0 && micro > 0) {
                ASSERT_LE(pass.size(), micro);
              }
              covered = pass.end;
            }
          ASSERT_EQ(covered, n);
        }
}

TEST(PlanPasses, ShardsDoNotDependOnTheNumberOfRanks) {
  for (std::int64_t n : {5, 100, 256}) {
    const auto alone = plan_passes(n, 0, 1, 8, 0);
    for (int ranks : {2, 3, 8}) {
      std::vector<Range> together;
      for (int rank = 0; rank < ranks; ++rank)
        for (const Range& pass : plan_passes(n, rank, ranks, 8, 0)) together.push_back(pass);
      EXPECT_EQ(together, alone);
    }
  }
}

TEST(Sampler, EverySampleExactlyOnce) {
  for (std::int64_t size : {0, 1, 2, 5, 1000, 5000})
    for (std::int64_t chunk : {1, 3, 7, 100, 70000}) {
      auto order = Sampler(size, chunk, 1).epoch_order(3);
      std::sort(order.begin(), order.end());
      std::vector<std::int64_t> all(static_cast<std::size_t>(size));
      std::iota(all.begin(), all.end(), std::int64_t{0});
      EXPECT_EQ(order, all) << size << " in chunks of " << chunk;
    }
}

TEST(Sampler, DependsOnSeedEpochAndChunkAlone) {
  const Sampler sampler(1000, 10, 7);
  const auto order = sampler.epoch_order(2);
  EXPECT_EQ(Sampler(1000, 10, 7).epoch_order(2), order);
  EXPECT_NE(sampler.epoch_order(3), order);
  EXPECT_NE(Sampler(1000, 10, 8).epoch_order(2), order);
  EXPECT_EQ(Sampler(1000, 20, 7).epoch_order(2), order);  // one window: chunks do not matter
  EXPECT_NE(Sampler(9000, 2, 7).epoch_order(2), Sampler(9000, 3, 7).epoch_order(2));
}

// A sample is equally likely everywhere: chi-square over 10 places and 2000 epochs, 9 degrees of
// freedom; the value is below 33.7 in all but one of 10,000 fair shuffles. Fixed seeds: the test
// always repeats.
TEST(Sampler, PlacesAreUniform) {
  for (std::int64_t chunk : {1, 4}) {
    const Sampler sampler(10, chunk, 5);
    int counts[10][10] = {};
    for (std::int64_t epoch = 0; epoch < 2000; ++epoch) {
      const auto order = sampler.epoch_order(epoch);
      for (std::size_t place = 0; place < 10; ++place) ++counts[order[place]][place];
    }
    for (const auto& sample : counts) {
      double chi_square = 0;
      for (int count : sample) chi_square += (count - 200.0) * (count - 200.0) / 200.0;
      EXPECT_LT(chi_square, 33.7);
    }
  }
}

TEST(Sampler, NeighboursDoNotStayTogether) {
  const auto order = Sampler(10000, 100, 1).epoch_order(0);  // one window
  int neighbours = 0;
  for (std::size_t i = 1; i < order.size(); ++i) neighbours += order[i] == order[i - 1] + 1;
  EXPECT_LT(neighbours, 8);  // 1 is expected
}

TEST(Sampler, AWindowTakesWholeChunks) {
  EXPECT_EQ(Sampler::window_samples(1), 1024);
  EXPECT_EQ(Sampler::window_samples(167), 167 * 392);
  EXPECT_EQ(Sampler::window_samples(100000), 100000);
  const std::int64_t chunk = 2, window = Sampler::window_samples(chunk);
  const auto order = Sampler(3 * window, chunk, 1).epoch_order(0);
  for (std::int64_t begin = 0; begin < 3 * window; begin += window) {
    std::set<std::int64_t> chunks;
    for (std::int64_t i = begin; i < begin + window; ++i)
      chunks.insert(order[static_cast<std::size_t>(i)] / chunk);
    EXPECT_EQ(static_cast<std::int64_t>(chunks.size()), window / chunk);
    EXPECT_GT(*chunks.rbegin() - *chunks.begin(), window / chunk);  // from all over the split
  }
}

}  // namespace
}  // namespace dtrain::datasets
