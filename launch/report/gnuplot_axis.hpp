// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// gnuplot's commands for axes, with ranges and ticks of our own: gnuplot's warn where all values are equal,
// and write 60000 where 60k has more room.

#include <algorithm>
#include <limits>

#include "launch/report/chart.hpp"

namespace dtrain::launch {

/// What is drawn along one axis.
struct Extent {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void take(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

/// In gnuplot's single quotes, where only the quote itself is special. A line break would end the command,
/// and what follows be another one: control characters become '?'.
std::string gnuplot_quoted(const std::string& text);

/// Label, scale, range and ticks of axis `letter`: x or y.
std::string axis_commands(char letter, const Axis& axis, Extent extent);
/// Ticks at round numbers of a linear axis, about five.
std::string tick_commands(char letter, const Extent& extent);

}  // namespace dtrain::launch
