// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <fmt/format.h>

#include "launch/report/chart.hpp"

namespace dtrain::launch {
namespace {

std::string lines_text(const Chart& chart) {
  std::string text =
      fmt::format("line,{},{},low,high\n", csv_quoted(chart.x.label), csv_quoted(chart.y.label));
  for (const Line& line : chart.lines)
    for (const Point& point : line.points)
      text += fmt::format("{},{},{},{},{}\n", csv_quoted(line.label), point.x, point.y.value,
                          point.y.low, point.y.high);
  return text;
}

std::string bars_text(const Chart& chart) {
  std::string text = fmt::format("bar,part,{},low,high\n", csv_quoted(chart.x.label));
  for (const Bar& bar : chart.bars)
    for (std::size_t i = 0; i < bar.parts.size(); ++i)
      text += fmt::format("{},{},{},{},{}\n", csv_quoted(bar.label),
                          chart.parts.empty() ? "" : csv_quoted(chart.parts[i]), bar.parts[i].value,
                          bar.parts[i].low, bar.parts[i].high);
  return text;
}

}  // namespace

std::string csv_quoted(const std::string& text) {
  std::string inside;
  for (const char c : text) inside += c == '"' ? "\"\"" : std::string(1, c);
  return fmt::format("\"{}\"", inside);
}

std::string chart_data_text(const Chart& chart) {
  return chart.bars.empty() ? lines_text(chart) : bars_text(chart);
}

}  // namespace dtrain::launch
