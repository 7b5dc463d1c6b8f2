// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/spread.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace dtrain::launch {
namespace {

/// That Student's t of `freedom` degrees is within +- sqrt(freedom) tan(angle): the finite series of
/// M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions (1964), 26.7.3 and 26.7.4.
double probability_within(double angle, int freedom) {
  const bool odd = freedom % 2 == 1;
  const double cosine = std::cos(angle);
  double sum = 0, term = odd ? cosine : 1;
  for (int power = odd ? 1 : 0; power <= freedom - 2; power += 2) {
    sum += term;
    term *= cosine * cosine * (power + 1) / (power + 2);
  }
  sum *= std::sin(angle);
  return odd ? 2 / std::numbers::pi * (angle + sum) : sum;
}

}  // namespace

double student_t_95(int degrees_of_freedom) {
  double low = 0, high = std::numbers::pi / 2;
  for (int halving = 0; halving < 60; ++halving) {
    const double middle = (low + high) / 2;
    (probability_within(middle, degrees_of_freedom) < 0.95 ? low : high) = middle;
  }
  return std::sqrt(degrees_of_freedom) * std::tan(low);
}

Spread spread_of(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t count = values.size(), half = count / 2;
  Spread spread{.median = count % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2,
                .min = values.front(),
                .max = values.back(),
                .mean = std::reduce(values.begin(), values.end()) / static_cast<double>(count),
                .half_width_95 = std::nullopt};
  if (count == 1) return spread;
  double squares = 0;
  for (const double value : values) squares += (value - spread.mean) * (value - spread.mean);
  const auto freedom = static_cast<int>(count - 1);
  const double deviation = std::sqrt(squares / freedom);
  spread.half_width_95 = student_t_95(freedom) * deviation / std::sqrt(static_cast<double>(count));
  return spread;
}

}  // namespace dtrain::launch
