// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/polled_source.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "base/error.hpp"

namespace dtrain::measure {
namespace {

using namespace std::chrono_literals;

struct Counted : EnergySource {
  std::atomic<int>& reads;
  int fails_at;
  std::optional<std::chrono::milliseconds> gap;
  Counted(std::atomic<int>& count, std::optional<std::chrono::milliseconds> g, int fail = -1)
      : reads(count), fails_at(fail), gap(g) {}
  double read_joules() override {
    if (++reads == fails_at) throw Error("gone");
    return reads;
  }
  std::vector<std::string> counters() const override { return {"counted"}; }
  EnergyScope scope() const override { return EnergyScope::node; }
  EnergyResolution resolution() const override { return {}; }
  std::optional<std::chrono::milliseconds> longest_gap() const override { return gap; }
};

/// Waits for up to ten seconds.
bool reaches(const std::atomic<int>& reads, int count) {
  for (int i = 0; i < 10'000 && reads < count; ++i) std::this_thread::sleep_for(1ms);
  return reads >= count;
}

TEST(PolledSource, IsReadBetweenCallsWhereItAsksForThat) {
  std::atomic<int> reads = 0;
  {
    PolledSource source(std::make_unique<Counted>(reads, 2ms));
    EXPECT_TRUE(reaches(reads, 5));
    EXPECT_GT(source.read_joules(), 5);
  }
  const int at_end = reads;
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(reads, at_end);
}

TEST(PolledSource, IsLeftAloneWhereItNeedsNoPolling) {
  std::atomic<int> reads = 0;
  PolledSource source(std::make_unique<Counted>(reads, std::nullopt));
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(reads, 0);
  EXPECT_EQ(source.read_joules(), 1);
}

TEST(PolledSource, AFailureBetweenCallsIsToldByTheNextOneAndStays) {
  std::atomic<int> reads = 0;
  PolledSource source(std::make_unique<Counted>(reads, 1ms, 3));
  EXPECT_TRUE(reaches(reads, 3));
  EXPECT_THROW(source.read_joules(), Error);
  EXPECT_THROW(source.read_joules(), Error);
  EXPECT_EQ(reads, 3);
}

TEST(PolledSource, EndsAtOnceHoweverLongItsGap) {
  std::atomic<int> reads = 0;
  const auto begin = std::chrono::steady_clock::now();
  { const PolledSource source(std::make_unique<Counted>(reads, 60'000ms)); }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
}

}  // namespace
}  // namespace dtrain::measure
