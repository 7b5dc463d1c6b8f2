// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <optional>
#include <vector>

namespace dtrain::launch {

/// Of repeated measurements. With an even number of them the median is the middle two's mean.
struct Spread {
  double median = 0, min = 0, max = 0, mean = 0;
  /// The mean's 95 % confidence interval is mean +- this: t s / sqrt(n), with s the standard deviation of
  /// the n values (n - 1 in its denominator) and t = student_t_95(n - 1) (Student, Biometrika 6, 1908).
  /// It takes the values to be independent and normally distributed. None of one value.
  std::optional<double> half_width_95;
};

/// `values`: at least one.
Spread spread_of(std::vector<double> values);

/// Student's t of so many degrees of freedom (1 or more) is within +- this with a probability of 0.95.
double student_t_95(int degrees_of_freedom);

}  // namespace dtrain::launch
