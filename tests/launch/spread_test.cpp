// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Medians and confidence intervals, against SciPy.

#include "launch/spread.hpp"

#include <gtest/gtest.h>

namespace dtrain::launch {
namespace {

TEST(Spread, StudentsTIsThatOfScipy) {
  // [scipy.stats.t.ppf(0.975, n) for n in (1, 2, 3, 4, 9, 30, 200)], SciPy 1.17
  const std::pair<int, double> cases[] = {{1, 12.706204736174694},  {2, 4.302652729749462},
                                          {3, 3.1824463052837078},  {4, 2.7764451051977934},
                                          {9, 2.262157162798205},   {30, 2.0422724563012378},
                                          {200, 1.9718962236339088}};
  for (const auto& [freedom, expected] : cases)
    EXPECT_NEAR(student_t_95(freedom), expected, 1e-11 * expected) << freedom;
}

TEST(Spread, IntervalIsThatOfScipy) {
  // v = [812.0, 797.5, 830.25, 801.0]
  // scipy.stats.t.interval(0.95, 3, loc=numpy.mean(v), scale=scipy.stats.sem(v))
  const Spread spread = spread_of({812.0, 797.5, 830.25, 801.0});
  EXPECT_NEAR(spread.mean - spread.half_width_95.value(), 786.744225157146, 1e-9);
  EXPECT_NEAR(spread.mean + spread.half_width_95.value(), 833.630774842854, 1e-9);
  EXPECT_DOUBLE_EQ(spread.median, 806.5);
  EXPECT_DOUBLE_EQ(spread.min, 797.5);
  EXPECT_DOUBLE_EQ(spread.max, 830.25);
}

TEST(Spread, OfOneValueThereIsNoInterval) {
  const Spread spread = spread_of({3});
  EXPECT_EQ(spread.median, 3);
  EXPECT_FALSE(spread.half_width_95.has_value());
  EXPECT_EQ(spread_of({3, 3, 3}).half_width_95, 0);
}

}  // namespace
}  // namespace dtrain::launch
