// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "optim/learning_rate_schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"

namespace dtrain::optim {
namespace {

TEST(LearningRateSchedule, ConstantStaysAfterALinearWarmUp) {
  const LearningRateSchedule schedule(ScheduleKind::constant, 1.0f, 4, 10);
  EXPECT_FLOAT_EQ(schedule.rate(0), 0.2f);
  EXPECT_FLOAT_EQ(schedule.rate(3), 0.8f);
  EXPECT_FLOAT_EQ(schedule.rate(4), 1.0f);
  EXPECT_FLOAT_EQ(schedule.rate(9), 1.0f);
  EXPECT_FLOAT_EQ(schedule.rate(100), 1.0f);
}

TEST(LearningRateSchedule, CosineFallsFromBaseToZero) {
  const LearningRateSchedule schedule(ScheduleKind::cosine, 2.0f, 2, 12);
  EXPECT_FLOAT_EQ(schedule.rate(2), 2.0f);
  EXPECT_FLOAT_EQ(schedule.rate(7), 1.0f);
  EXPECT_NEAR(schedule.rate(11), 1 + std::cos(0.9 * 3.14159265358979), 1e-6);
  EXPECT_FLOAT_EQ(schedule.rate(12), 0.0f);
  EXPECT_FLOAT_EQ(schedule.rate(50), 0.0f);
}

TEST(LearningRateSchedule, StepFallsTenfoldAtEachThird) {
  const LearningRateSchedule schedule(ScheduleKind::step, 1.0f, 0, 9);
  const float expected[] = {1, 1, 1, 0.1f, 0.1f, 0.1f, 0.01f, 0.01f, 0.01f};
  for (int step = 0; step < 9; ++step) EXPECT_FLOAT_EQ(schedule.rate(step), expected[step]) << step;
}

TEST(LearningRateSchedule, PolyFallsWithTheSquare) {
  const LearningRateSchedule schedule(ScheduleKind::poly, 1.0f, 0, 10);
  EXPECT_FLOAT_EQ(schedule.rate(0), 1.0f);
  EXPECT_FLOAT_EQ(schedule.rate(5), 0.25f);
  EXPECT_FLOAT_EQ(schedule.rate(9), 0.01f);
}

// torch.optim.lr_scheduler.OneCycleLR(max_lr=0.5, total_steps=20), PyTorch 1.13.
TEST(LearningRateSchedule, OneCycleIsPyTorchs) {
  const double expected[] = {0.02,        0.0658359214, 0.185835921, 0.334164079,   0.454164079,
                             0.5,         0.493732003,  0.475242316, 0.445458089,   0.405872827,
                             0.358471501, 0.305631011,  0.250001,    0.194370989,   0.141530499,
                             0.094129173, 0.0545439112, 0.024759684, 0.00626999688, 2e-06};
  const LearningRateSchedule schedule(ScheduleKind::onecycle, 0.5f, 7, 20);
  for (int step = 0; step < 20; ++step)
    EXPECT_NEAR(schedule.rate(step), expected[step], 1e-7) << step;
  EXPECT_FLOAT_EQ(schedule.rate(99), schedule.rate(19));
}

TEST(LearningRateSchedule, ShortRunsStayFiniteAndWithinBase) {
  for (ScheduleKind kind : {ScheduleKind::constant, ScheduleKind::cosine, ScheduleKind::step,
                            ScheduleKind::poly, ScheduleKind::onecycle})
    for (std::int64_t total = 0; total < 12; ++total)
      for (std::int64_t warmup : {0, 1, 5, 50})
        for (std::int64_t step = 0; step <= total; ++step) {
          const float rate = LearningRateSchedule(kind, 0.3f, warmup, total).rate(step);
          EXPECT_TRUE(rate >= 0.0f && rate <= 0.3f)
              << to_string(kind) << " " << total << " " << warmup << " " << step << ": " << rate;
        }
}

TEST(ScheduleKind, NamesRoundTrip) {
  for (ScheduleKind kind : {ScheduleKind::constant, ScheduleKind::cosine, ScheduleKind::step,
                            ScheduleKind::poly, ScheduleKind::onecycle})
    EXPECT_EQ(parse_schedule(to_string(kind)), kind);
  EXPECT_THROW(parse_schedule("linear"), UsageError);
}

}  // namespace
}  // namespace dtrain::optim
