// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/pass_plan.hpp"

#include <gtest/gtest.h>

namespace dtrain::train {
namespace {

struct Case {
  int ranks;
  std::int64_t samples, global_batch, shards, micro_batch;
};

class PassPlanTest : public testing::TestWithParam<Case> {};

TEST_P(PassPlanTest, RanksCoverTheEpochOnceAndWithinTheirLargestPass) {
  const Case& c = GetParam();
  const auto ranks = comm::make_thread_communicators(c.ranks);
  for (const std::int64_t cursor : {std::int64_t{0}, c.global_batch}) {
    std::vector<int> uses(static_cast<std::size_t>(c.samples), 0);
    for (const auto& rank : ranks) {
      const PassPlan plan(*rank, c.samples, c.global_batch, c.shards, c.micro_batch);
      for (const datasets::Range& pass : plan.rest_of_epoch(std::min(cursor, c.samples))) {
        EXPECT_GT(pass.size(), 0);
        EXPECT_LE(pass.size(), plan.largest_pass());
        for (std::int64_t at = pass.begin; at < pass.end; ++at)
          ++uses[static_cast<std::size_t>(at)];
      }
    }
    for (std::int64_t at = 0; at < c.samples; ++at)
      ASSERT_EQ(uses[static_cast<std::size_t>(at)], at >= cursor ? 1 : 0) << "position " << at;
  }
}

TEST_P(PassPlanTest, BatchesFillTheEpoch) {
  const Case& c = GetParam();
  const auto alone = comm::make_self_communicator();
  const PassPlan plan(*alone, c.samples, c.global_batch, c.shards, c.micro_batch);
  std::int64_t cursor = 0, steps = 0;
  for (; cursor < c.samples; ++steps) cursor += plan.batch_at(cursor);
  EXPECT_EQ(cursor, c.samples);
  EXPECT_EQ(steps, plan.steps_per_epoch());
}

INSTANTIATE_TEST_SUITE_P(Cases, PassPlanTest,
                         testing::Values(Case{1, 203, 32, 0, 0}, Case{3, 203, 32, 0, 0},
                                         Case{8, 203, 40, 0, 0},  // a tail of 3 samples
                                         Case{5, 203, 32, 0, 5}, Case{3, 203, 32, 8, 0},
                                         Case{2, 64, 32, 0, 0},  // no tail
                                         Case{2, 10, 32, 4, 0},  // one batch, not full
                                         Case{1, 1, 1, 0, 0}));

}  // namespace
}  // namespace dtrain::train
