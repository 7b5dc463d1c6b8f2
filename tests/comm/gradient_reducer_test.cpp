// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/gradient_reducer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "base/error.hpp"
#include "tests/comm/run_nodes.hpp"
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

/// Every combination of what a reducer can do.
class GradientReducerOptions : public testing::TestWithParam<std::tuple<bool, bool, bool>> {
 protected:
  static ReducerOptions options() {
    const auto [overlap, compress, shard] = GetParam();
    return {.overlap = overlap, .compress = compress, .shard = shard};
  }
};

/// Small enough that bf16 holds each rank's element and their sum.
float element(std::size_t i, int factor) {
  return static_cast<float>(i % 16) * static_cast<float>(factor);
}

/// Three steps of three ranks.
void sum_and_share(const CollectiveRank& me, const ReducerOptions& options) {
  constexpr std::int64_t floats = 1000, trainable = 980;
  const auto device = kernels::make_host_device();
  const auto stream = device->make_stream();
  Array arena_memory(me, floats), values_memory(me, trainable + 5);
  const std::span<float> arena = arena_memory.data(), values = values_memory.data();
  TotalTime time;
  const std::vector<std::int64_t> ends{100, 300, 301, trainable};
  GradientReducer reducer(me.collective, *device, arena, trainable, plan_buckets(ends, floats, 150),
                          options, time);
  EXPECT_EQ(reducer.buckets().size(), 2u);
  for (int step = 1; step <= 3; ++step) {
    for (std::size_t i = 0; i < floats; ++i) arena[i] = element(i, me.rank + step);
    for (const std::int64_t end : ends) reducer.mark_ready(end, *stream);
    reducer.finish(*stream);
    std::ranges::fill(values, -1.0f);
    const auto check = [&](std::int64_t begin, std::int64_t end) {
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
        ASSERT_EQ(arena[i], element(i, 3 + 3 * step));
    };
    for (const GradientBucket& owned : reducer.owned()) {
      check(owned.begin, owned.end);
      std::copy(arena.begin() + owned.begin, arena.begin() + owned.end,
                values.begin() + owned.begin);
    }
    check(trainable, floats);
    reducer.share(values, *stream);
    for (std::size_t i = 0; i < trainable; ++i) ASSERT_EQ(values[i], element(i, 3 + 3 * step));
    EXPECT_GT(reducer.communication_seconds(), 0.0);
  }
  EXPECT_EQ(time.count, options.shard ? 6 : 3);
  EXPECT_GT(time.total.count(), 0);
}

TEST_P(GradientReducerOptions, SumAndShareTheWholeArenaEachStep) {
  for (const std::vector<int>& ranks_of_node : {std::vector{3}, std::vector{2, 1}})
    run_nodes(ranks_of_node, "ring",
              [](const CollectiveRank& me) { sum_and_share(me, options()); });
}

INSTANTIATE_TEST_SUITE_P(All, GradientReducerOptions,
                         testing::Combine(testing::Bool(), testing::Bool(), testing::Bool()));

TEST(GradientReducer, TellsAllRanksWhatOneKnowsOfItsPart) {
  constexpr std::int64_t floats = 1000, trainable = 980;
  for (const bool overlap : {false, true})
    test::run_ranks(3, [&](Communicator& comm) {
      const auto device = kernels::make_host_device();
      const auto stream = device->make_stream();
      std::vector<float> arena(floats);
      TotalTime time;
      const std::vector<std::int64_t> ends{100, 300, 301, trainable};
      const auto collective = comm.make_collective({});
      GradientReducer reducer(*collective, *device, arena, trainable,
                              plan_buckets(ends, floats, 150), {.overlap = overlap, .shard = true},
                              time);
      int calls = 0;
      reducer.before_rest([&](kernels::Stream&) {
        ++calls;
        for (const GradientBucket& slice : reducer.owned())
          for (std::int64_t i = slice.begin; i < slice.end; ++i)
            ASSERT_EQ(arena[static_cast<std::size_t>(i)], 3.0f);
        arena.back() = static_cast<float>(comm.rank() + 1);
      });
      for (int step = 1; step <= 2; ++step) {
        std::ranges::fill(arena, 1.0f);
        for (const std::int64_t end : ends) reducer.mark_ready(end, *stream);
        reducer.finish(*stream);
        EXPECT_EQ(calls, step);
        EXPECT_EQ(arena.back(), 6.0f);
      }
    });
}

TEST(GradientReducer, FinishNeedsNoMarks) {
  for (const bool overlap : {false, true})
    test::run_ranks(2, [&](Communicator& comm) {
      const auto device = kernels::make_host_device();
      const auto stream = device->make_stream();
      std::vector<float> arena(10, 1.0f);
      TotalTime time;
      const auto collective = comm.make_collective({});
      GradientReducer reducer(*collective, *device, arena, 4,
                              plan_buckets(std::vector<std::int64_t>{4}, 10, 1),
                              {.overlap = overlap}, time);
      reducer.finish(*stream);
      EXPECT_EQ(arena, std::vector<float>(10, 2.0f));
    });
}

/// Keeps the places and parts that it came to.
class Trail : public ProgressSlot {
 public:
  Trail() : ProgressSlot(record_) {}
  std::vector<std::pair<Place, int>> visits;

 protected:
  void arrive(const Position& position) noexcept override {
    if (position.place != Place::work) visits.emplace_back(position.place, position.part);
  }

 private:
  PlaceRecord record_;
};

TEST(GradientReducer, TellsWhichBucketItIsIn) {
  using Visits = std::vector<std::pair<Place, int>>;
  for (const bool overlap : {false, true})
    test::run_ranks(2, [&](Communicator& comm) {
      const auto device = kernels::make_host_device();
      const auto stream = device->make_stream();
      std::vector<float> arena(10), values(9);
      TotalTime time;
      Trail main, sums;
      const auto collective = comm.make_collective({});
      GradientReducer reducer(*collective, *device, arena, 9,
                              plan_buckets(std::vector<std::int64_t>{4, 9}, 10, 4),
                              {.overlap = overlap, .shard = true}, time, {&main, &sums});
      reducer.finish(*stream);
      reducer.share(values, *stream);
      const Visits buckets{{Place::bucket, 1}, {Place::bucket, 2}};
      EXPECT_EQ(sums.visits, overlap ? buckets : Visits{});
      Visits expected = overlap ? Visits{{Place::own_thread, 0}} : buckets;
      expected.emplace_back(Place::share, 0);
      EXPECT_EQ(main.visits, expected);
    });
}

/// A sum that fails once.
class FailingCollective : public Collective {
 public:
  std::string name() const override { return "failing"; }
  std::unique_ptr<kernels::Allocation> allocate(std::size_t) override { return nullptr; }
  void allreduce(std::span<float>, std::span<float>, kernels::Stream&) override {
    if (++calls == 2) throw Error("the network is gone", ExitCode::lost_rank);
  }
  void allreduce_exactly(std::span<float>, const Addends&, const ExactSum&,
                         kernels::Stream&) override {}
  Range owned(std::size_t count) const override { return {0, count}; }
  void reduce_scatter(std::span<float>, std::span<float>, kernels::Stream&) override {}
  void all_gather(std::span<float>, kernels::Stream&) override {}
  int calls = 0;
};

/// Leaves something in the residual, after it has looked at what was there.
class LossyCollective : public FailingCollective {
 public:
  void allreduce(std::span<float>, std::span<float> residual, kernels::Stream&) override {
    if (residual.empty()) return;
    seen.push_back(residual[0]);
    residual[0] = 0.5f;
  }
  std::vector<float> seen;
};

TEST(GradientReducer, ForgetsTheResidualOfASumThatNobodyApplies) {
  const auto device = kernels::make_host_device();
  const auto stream = device->make_stream();
  std::vector<float> arena(10);
  TotalTime time;
  LossyCollective collective;
  GradientReducer reducer(collective, *device, arena, 4,
                          plan_buckets(std::vector<std::int64_t>{4}, 10, 1), {.compress = true},
                          time);
  reducer.finish(*stream);
  reducer.finish(*stream);
  reducer.forget_residual();
  reducer.finish(*stream);
  EXPECT_EQ(collective.seen, (std::vector<float>{0, 0.5f, 0}));
}

TEST(GradientReducer, FinishThrowsWhatTheThreadMet) {
  const auto device = kernels::make_host_device();
  const auto stream = device->make_stream();
  std::vector<float> arena(100);
  TotalTime time;
  FailingCollective collective;
  const std::vector<std::int64_t> ends{20, 40, 60, 90};
  GradientReducer reducer(collective, *device, arena, 90, plan_buckets(ends, 100, 1),
                          {.overlap = true}, time);
  for (const std::int64_t end : ends) reducer.mark_ready(end, *stream);
  EXPECT_THROW(reducer.finish(*stream), Error);
  EXPECT_EQ(collective.calls, 2);  // what was posted after it is left out
}

}  // namespace
}  // namespace dtrain::comm
