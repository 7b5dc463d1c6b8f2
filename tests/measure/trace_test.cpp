// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/trace.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "measure/clock_offset.hpp"
#include "measure/step_clock.hpp"
#include "tests/support/run_ranks.hpp"

namespace dtrain::measure {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

json events_of(const Trace& trace, Trace::Clock::duration ahead = {}) {
  return json::parse(fmt::format("[{}]", trace.events(3, "host \"a\"", trace.begin(), ahead)));
}

TEST(Trace, WritesCompleteEventsAndCounters) {
  Trace trace;
  const auto t = trace.begin();
  trace.detail("phase", "forward", t + 1500us, t + 4ms);
  trace.detail("forward", "conv\"1\"\n", t + 2ms, t + 3ms);
  std::thread([&] { trace.detail("sum", "bucket", t + 2ms, t + 5ms); }).join();
  trace.counter("power, W", 62.5);
  const json events = events_of(trace);
  ASSERT_EQ(events.size(), 5u);
  EXPECT_EQ(events[0]["ph"], "M");
  EXPECT_EQ(events[0]["args"]["name"], "rank 3 on host \"a\"");
  EXPECT_EQ(events[1], json({{"name", "forward"},
                             {"cat", "phase"},
                             {"ph", "X"},
                             {"ts", 1500.0},
                             {"dur", 2500.0},
                             {"pid", 3},
                             {"tid", 0}}));
  EXPECT_EQ(events[2]["name"], "conv\"1\"\n");
  EXPECT_EQ(events[3]["tid"], 1);
  EXPECT_EQ(events[4]["ph"], "C");
  EXPECT_EQ(events[4]["args"]["value"], 62.5);
}

TEST(Trace, IsShiftedToTheClockOfTheRoot) {
  Trace trace;
  trace.detail("step", "step", trace.begin() + 10ms, trace.begin() + 11ms);
  EXPECT_DOUBLE_EQ(events_of(trace, 4ms)[1]["ts"], 6000.0);
}

TEST(Trace, KeepsTheFirstEventsAndCountsTheOthers) {
  Trace trace(5);
  for (int i = 0; i < 12; ++i) trace.detail("step", "step", trace.begin(), trace.begin() + 1us * i);
  EXPECT_EQ(trace.dropped(), 7);
  EXPECT_EQ(events_of(trace).size(), 6u);
  EXPECT_DOUBLE_EQ(events_of(trace)[5]["dur"], 4.0);
}

TEST(Trace, IsToldOfStepsAndPhasesByTheStepClock) {
  Trace trace;
  StepClock clock(&trace);
  clock.begin_step();
  { const ScopedSpan span(clock, Phase::data, "load"); }
  clock.end_step();
  const json events = events_of(trace);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[1]["name"], "load");
  EXPECT_EQ(events[2]["name"], "step");
  EXPECT_LE(events[2]["ts"], events[1]["ts"]);
}

TEST(ScopedDetail, WithoutASinkIsNothing) {
  const ScopedDetail detail(nullptr, "forward", "conv1");
}

// Threads share a clock: whatever their hosts are called, it is 0 ahead.
TEST(ClockOffset, HoldsTheTrueOneWithinItsError) {
  test::run_ranks(4, [](comm::Communicator& communicator) {
    const ClockOffset same = measure_clock_offset(communicator, "a");
    EXPECT_EQ(same.error.count(), 0);
    const ClockOffset offset =
        measure_clock_offset(communicator, communicator.rank() < 2 ? "a" : "b");
    EXPECT_LE(std::chrono::abs(offset.ahead), offset.error);
    EXPECT_EQ(offset.error.count() > 0, communicator.rank() >= 2);
    EXPECT_LT(offset.error, 1s);
  });
}

}  // namespace
}  // namespace dtrain::measure
