// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <algorithm>
#include <vector>

namespace dtrain::launch {

/// Of repeated measurements. With an even number of them the median is the middle two's mean.
struct Spread {
  double median = 0, min = 0, max = 0;
};

/// `values`: at least one.
inline Spread spread_of(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return {median, values.front(), values.back()};
}

}  // namespace dtrain::launch
