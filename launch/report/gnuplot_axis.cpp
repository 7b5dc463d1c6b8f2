// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/report/gnuplot_axis.hpp"

#include <fmt/ranges.h>

#include <cctype>
#include <cmath>
#include <cstdint>
#include <utility>

namespace dtrain::launch {
namespace {

/// "0.05", "1500", "20k", "1.5M"
std::string tick_text(double value) {
  static constexpr std::pair<double, const char*> units[] = {{1e9, "G"}, {1e6, "M"}, {1e3, "k"}};
  for (const auto& [unit, letter] : units)
    if (std::abs(value) >= (unit > 1e3 ? unit : 10 * unit))
      return fmt::format("{:.4g}{}", value / unit, letter);
  return fmt::format("{:.4g}", value);
}

/// About five between the ends.
std::vector<double> linear_ticks(const Extent& extent) {
  const double least = (extent.high - extent.low) / 6;
  const double power = std::pow(10, std::floor(std::log10(least)));
  double step = 10 * power;
  for (const double factor : {5, 2, 1})
    if (power * factor >= least) step = power * factor;
  std::vector<double> ticks;
  const auto last = static_cast<std::int64_t>(std::floor(extent.high / step));
  for (auto i = static_cast<std::int64_t>(std::ceil(extent.low / step)); i <= last; ++i)
    ticks.push_back(static_cast<double>(i) * step);
  return ticks;
}

/// 1, 2 and 5 times powers of ten; only the powers where there are many.
std::vector<double> logarithmic_ticks(const Extent& extent) {
  const bool is_long = extent.high / extent.low > 1000;
  const auto last = static_cast<int>(std::floor(std::log10(extent.high)));
  std::vector<double> ticks;
  for (auto power = static_cast<int>(std::floor(std::log10(extent.low))); power <= last; ++power)
    for (const int factor : {1, 2, 5}) {
      const double tick = factor * std::pow(10, power);
      if (tick >= extent.low && tick <= extent.high && (factor == 1 || !is_long))
        ticks.push_back(tick);
    }
  return ticks;
}

std::string ticks_at(char letter, const std::vector<double>& ticks) {
  std::vector<std::string> labels;
  for (const double tick : ticks) labels.push_back(fmt::format("'{}' {}", tick_text(tick), tick));
  return fmt::format("set {}tics ({})\n", letter, fmt::join(labels, ", "));
}

}  // namespace

std::string gnuplot_quoted(const std::string& text) {
  std::string inside;
  for (const char c : text) {
    if (c == '\'') inside += '\'';
    inside += std::iscntrl(static_cast<unsigned char>(c)) != 0 ? '?' : c;
  }
  return fmt::format("'{}'", inside);
}

std::string tick_commands(char letter, const Extent& extent) {
  return ticks_at(letter, linear_ticks(extent));
}

std::string axis_commands(char letter, const Axis& axis, Extent extent) {
  const bool is_logarithmic = axis.scale == Axis::Scale::logarithmic;
  std::string text = fmt::format("set {}label {}\n", letter, gnuplot_quoted(axis.label));
  if (is_logarithmic) {
    text += fmt::format("set logscale {}\n", letter);
    extent = {extent.low / 1.5, extent.high * 1.5};
  } else {
    const bool from_zero = axis.scale == Axis::Scale::from_zero;
    if (from_zero) extent.low = 0;  // an interval of what cannot be negative is cut there
    double margin = 0.06 * (extent.high - extent.low);
    if (margin <= 0) margin = extent.high == 0 ? 1 : 0.1 * std::abs(extent.high);
    extent = {from_zero ? 0 : extent.low - margin, extent.high + margin};
  }
  text += fmt::format("set {}range [{}:{}]\n", letter, extent.low, extent.high);
  if (!axis.ticks.empty()) return text + ticks_at(letter, axis.ticks);
  return text + ticks_at(letter, is_logarithmic ? logarithmic_ticks(extent) : linear_ticks(extent));
}

}  // namespace dtrain::launch
