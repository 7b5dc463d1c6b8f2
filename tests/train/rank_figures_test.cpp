// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/rank_figures.hpp"

#include <gtest/gtest.h>

#include "tests/support/run_ranks.hpp"

namespace dtrain::train {
namespace {

/// A rank that works for `busy` ms in a step of 10 ms, and waits for the rest.
RankFigures rank_that_works(double busy) {
  RankFigures figures;
  figures.step_time.median_ms = 10;
  figures.step_time.phase_median_ms = {0.1 * busy, 0.3 * busy, 0.5 * busy, 10 - busy, 0.1 * busy};
  return figures;
}

TEST(RankFigures, ComeInRankOrder) {
  test::run_ranks(5, [](comm::Communicator& communicator) {
    RankFigures mine = rank_that_works(communicator.rank());
    mine.peak_rss_bytes = 100 + communicator.rank();
    mine.optimizer_state_bytes = 50 - communicator.rank();
    mine.step_time.median_ms = communicator.rank() == 2 ? 12 : 10;
    const auto ranks = gather_figures(communicator, mine);
    ASSERT_EQ(ranks.size(), 5u);
    for (std::size_t rank = 0; rank < 5; ++rank)
      EXPECT_EQ(ranks[rank].peak_rss_bytes, 100 + static_cast<std::int64_t>(rank));
    EXPECT_EQ(slowest_step(ranks).median_ms, 12);
    EXPECT_EQ(slowest_step(ranks).phase_median_ms[3], 8);
    EXPECT_EQ(most_memory(ranks), 104);
    EXPECT_EQ(most_optimizer_state(ranks), 50);
  });
}

TEST(RankFigures, ImbalanceIsTheBusiestOverTheMean) {
  EXPECT_NEAR(load_imbalance(std::vector{rank_that_works(4)}), 0, 1e-12);
  EXPECT_NEAR(load_imbalance(std::vector{rank_that_works(4), rank_that_works(4)}), 0, 1e-12);
  // 9 against a mean of 6.
  EXPECT_NEAR(
      load_imbalance(std::vector{rank_that_works(3), rank_that_works(6), rank_that_works(9)}), 0.5,
      1e-12);
  EXPECT_EQ(load_imbalance(std::vector<RankFigures>(3)), 0);
}

}  // namespace
}  // namespace dtrain::train
