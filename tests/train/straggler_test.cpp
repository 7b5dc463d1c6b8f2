// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/straggler.hpp"

#include <gtest/gtest.h>

#include "tests/support/run_ranks.hpp"

namespace dtrain::train {
namespace {

TEST(Straggler, IsTheBusiestAndLosesWhatTheMedianOfTheOthersWaits) {
  const std::vector<WorkSeconds> ranks{{10, 4}, {10, 9}, {10, 5}, {10, 3}};
  const auto straggler = find_straggler(ranks);
  ASSERT_TRUE(straggler);
  EXPECT_EQ(straggler->rank, 1);
  EXPECT_DOUBLE_EQ(straggler->seconds_lost, 5);  // of 3, 4, 5 the median is 4
  EXPECT_DOUBLE_EQ(straggler->share, 0.5);
  EXPECT_TRUE(straggler->is_notable());
}

TEST(Straggler, TwoRanks) {
  const auto straggler = find_straggler(std::vector<WorkSeconds>{{2, 1.5}, {2, 2}});
  ASSERT_TRUE(straggler);
  EXPECT_EQ(straggler->rank, 1);
  EXPECT_DOUBLE_EQ(straggler->seconds_lost, 0.5);
  EXPECT_FALSE(straggler->is_notable()) << "less than a second";
}

TEST(Straggler, EvenRanksLoseNothingAndOneRankHasNone) {
  EXPECT_EQ(find_straggler(std::vector<WorkSeconds>(3, {2, 1}))->seconds_lost, 0);
  EXPECT_EQ(find_straggler(std::vector<WorkSeconds>(2))->share, 0) << "no step was taken";
  EXPECT_FALSE(find_straggler(std::vector<WorkSeconds>{{2, 1}}));
}

TEST(WorkTime, AddsUpEpochsOverRanks) {
  test::run_ranks(3, [](comm::Communicator& communicator) {
    WorkTime time;
    // Rank 2 works all the time in the first epoch, rank 0 in the second, which is shorter.
    for (const auto& [slowest, seconds] : {std::pair(2, 8.0), std::pair(0, 2.0)}) {
      measure::StepTime step;
      step.phase_ms[static_cast<std::size_t>(Phase::comm_exposed)] =
          communicator.rank() == slowest ? 0 : 500 * seconds;
      time.waited(step);
      time.passed(seconds);
      const auto straggler = time.close_epoch(communicator);
      ASSERT_TRUE(straggler);
      EXPECT_EQ(straggler->rank, slowest);
      EXPECT_DOUBLE_EQ(straggler->seconds_lost, seconds / 2);
      EXPECT_DOUBLE_EQ(straggler->share, 0.5);
      EXPECT_FALSE(straggler->host.empty());
    }
    const auto run = time.of_run(communicator);  // busy: 6, 5 and 9 of 10 s
    EXPECT_EQ(run->rank, 2);
    EXPECT_DOUBLE_EQ(run->seconds_lost, 4);
    EXPECT_DOUBLE_EQ(run->share, 0.4);
  });
}

}  // namespace
}  // namespace dtrain::train
