// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/gradient_reducer.hpp"

#include <gtest/gtest.h>

#include "tests/support/run_ranks.hpp"

namespace dtrain::comm {
namespace {

std::vector<std::pair<std::int64_t, std::int64_t>> plan(std::vector<std::int64_t> ends,
                                                        std::int64_t total, std::int64_t floats) {
  std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
  for (const GradientBucket& bucket : plan_buckets(ends, total, floats))
    pairs.emplace_back(bucket.begin, bucket.end);
  return pairs;
}

using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;

TEST(PlanBuckets, CutsAtParameterEnds) {
  EXPECT_EQ(plan({10, 20, 30, 40}, 48, 15), (Pairs{{0, 20}, {20, 48}}));
  EXPECT_EQ(plan({10, 20, 30, 40}, 48, 1), (Pairs{{0, 10}, {10, 20}, {20, 30}, {30, 48}}));
  EXPECT_EQ(plan({100, 101}, 109, 50), (Pairs{{0, 100}, {100, 109}}));
}

TEST(PlanBuckets, OneBucketWhereAllFits) {
  EXPECT_EQ(plan({10, 20}, 28, 1000), (Pairs{{0, 28}}));
  EXPECT_EQ(plan({10}, 18, 5), (Pairs{{0, 18}}));
}

TEST(PlanBuckets, StatisticsAndRidersAreNoMessageOfTheirOwn) {
  EXPECT_EQ(plan({10, 20}, 28, 20), (Pairs{{0, 28}}));
}

TEST(PlanBuckets, NothingTrainable) {
  EXPECT_EQ(plan({}, 8, 20), (Pairs{{0, 8}}));
  EXPECT_EQ(plan({}, 0, 20), Pairs{});
}

/// Adds up what is reported.
class TotalTime : public SpanSink {
 public:
  void span(Phase phase, std::string_view, Clock::time_point begin,
            Clock::time_point end) noexcept override {
    EXPECT_EQ(phase, Phase::comm_exposed);
    total += end - begin;
    ++count;
  }
  Clock::duration total{};
  int count = 0;
};

TEST(GradientReducer, SumsTheWholeArenaEachStep) {
  constexpr std::size_t floats = 1000;
  test::run_ranks(3, [](Communicator& comm) {
    const auto stream = kernels::make_host_device()->make_stream();
    std::vector<float> arena(floats);
    TotalTime time;
    const std::vector<std::int64_t> ends{100, 300, 301, 990};
    GradientReducer reducer(comm, arena, plan_buckets(ends, floats, 150), time);
    EXPECT_EQ(reducer.buckets().size(), 2u);
    for (int step = 1; step <= 3; ++step) {
      for (std::size_t i = 0; i < floats; ++i)
        arena[i] = static_cast<float>(i * static_cast<std::size_t>(comm.rank() + step));
      for (const std::int64_t end : ends) reducer.mark_ready(end, *stream);
      reducer.finish(*stream);
      for (std::size_t i = 0; i < floats; ++i)
        ASSERT_EQ(arena[i], static_cast<float>(i * static_cast<std::size_t>(3 + 3 * step)));
    }
    EXPECT_EQ(time.count, 3);
    EXPECT_GT(time.total.count(), 0);
  });
}

TEST(GradientReducer, FinishNeedsNoMarks) {
  test::run_ranks(2, [](Communicator& comm) {
    const auto stream = kernels::make_host_device()->make_stream();
    std::vector<float> arena(10, 1.0f);
    TotalTime time;
    GradientReducer reducer(comm, arena, plan_buckets(std::vector<std::int64_t>{4}, 10, 1), time);
    reducer.finish(*stream);
    EXPECT_EQ(arena, std::vector<float>(10, 2.0f));
  });
}

}  // namespace
}  // namespace dtrain::comm
