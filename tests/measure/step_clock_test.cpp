// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/step_clock.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <numeric>
#include <thread>

namespace dtrain::measure {
namespace {

using namespace std::chrono_literals;

TEST(StepClock, AddsUpSpansByPhase) {
  StepClock clock;
  clock.begin_step();
  const SpanSink::Clock::time_point t{};
  clock.span(Phase::forward, "a", t, t + 2ms);
  clock.span(Phase::forward, "b", t, t + 3ms);
  clock.span(Phase::optimizer, "c", t, t + 7ms);
  const StepTime time = clock.end_step();
  EXPECT_DOUBLE_EQ(time.phase_ms[static_cast<std::size_t>(Phase::forward)], 5.0);
  EXPECT_DOUBLE_EQ(time.phase_ms[static_cast<std::size_t>(Phase::optimizer)], 7.0);
  EXPECT_DOUBLE_EQ(time.phase_ms[static_cast<std::size_t>(Phase::data)], 0.0);
}

TEST(StepClock, SpansThatFillAStepSumToIt) {
  StepClock clock;
  clock.begin_step();
  for (int phase = 0; phase < phase_count; ++phase) {
    const ScopedSpan span(clock, static_cast<Phase>(phase), "work");
    std::this_thread::sleep_for(4ms);
  }
  const StepTime time = clock.end_step();
  const double sum = std::accumulate(time.phase_ms.begin(), time.phase_ms.end(), 0.0);
  EXPECT_GE(sum, 20.0);
  EXPECT_LE(sum, time.total_ms);
  EXPECT_LT(time.total_ms - sum, 0.05 * time.total_ms + 1.0);
}

TEST(StepClock, StartsEachStepAtZero) {
  StepClock clock;
  const SpanSink::Clock::time_point t{};
  clock.begin_step();
  clock.span(Phase::data, "a", t, t + 2ms);
  clock.end_step();
  clock.begin_step();
  EXPECT_DOUBLE_EQ(clock.end_step().phase_ms[0], 0.0);
}

/// A step whose data phase took `ms`.
void add_step(StepClock& clock, int ms) {
  const SpanSink::Clock::time_point t{};
  clock.begin_step();
  clock.span(Phase::data, "a", t, t + std::chrono::milliseconds(ms));
  clock.end_step();
}

TEST(StepClock, SummaryIsEmptyWithoutSteps) {
  EXPECT_EQ(StepClock().summary().median_ms, 0.0);
}

TEST(StepClock, SummaryLeavesTheFirstStepOut) {
  StepClock clock;
  add_step(clock, 1000);
  EXPECT_DOUBLE_EQ(clock.summary().phase_median_ms[0], 1000.0);  // there is no other
  add_step(clock, 1);
  EXPECT_DOUBLE_EQ(clock.summary().phase_median_ms[0], 1.0);
  add_step(clock, 2);
  add_step(clock, 3);
  EXPECT_DOUBLE_EQ(clock.summary().phase_median_ms[0], 2.0);
}

TEST(StepClock, LongRunsKeepAnEvenSample) {
  StepClock clock;
  const int steps = static_cast<int>(3 * StepClock::max_samples);
  for (int step = 0; step < steps; ++step) add_step(clock, step);
  EXPECT_NEAR(clock.summary().phase_median_ms[0], steps / 2.0, 0.01 * steps);
}

// docs/step-time.md has the figure that this prints.
TEST(StepClock, CostsLessThanAHalfPercentOfAStepOfAMillisecond) {
  constexpr int windows = 5, steps = 2000;
  double least = std::numeric_limits<double>::infinity();
  for (int window = 0; window < windows; ++window) {
    StepClock clock;
    const auto begin = std::chrono::steady_clock::now();
    for (int step = 0; step < steps; ++step) {
      clock.begin_step();
      for (const Phase phase : {Phase::data, Phase::forward, Phase::forward, Phase::backward,
                                Phase::comm_exposed, Phase::optimizer})
        const ScopedSpan span(clock, phase, "as in training");
      clock.end_step();
    }
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    least = std::min(least, time.count() / steps);
  }
  std::printf("the times of a step cost %.3f us\n", 1e6 * least);
  EXPECT_LT(least, 0.005 * 1e-3);
}

}  // namespace
}  // namespace dtrain::measure
