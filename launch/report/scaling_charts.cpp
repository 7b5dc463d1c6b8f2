// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Series of runs over numbers of ranks.

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "launch/report/charts.hpp"

namespace dtrain::launch {
namespace {

/// Up to here an axis is linear: powers of two have no room for 3 ranks.
constexpr double most_linear_ranks = 16;

/// What a chart shows of a point: the figure with its range, and what would be ideal.
struct Scaled {
  Value figure;
  double ideal = 0;
};
using Scale = std::function<Scaled(const ScalingPoint& point, const ScalingPoint& base)>;

double ratio_of_ranks(const ScalingPoint& point, const ScalingPoint& base) {
  return static_cast<double>(point.ranks) / static_cast<double>(base.ranks);
}

/// `value` with the point's range of samples/s, in proportion.
Value with_range(const ScalingPoint& point, double value) {
  const Spread& speed = point.samples_per_second;
  return {value, value * speed.min / speed.median, value * speed.max / speed.median};
}

void add_curves(Chart& chart, std::span<const ComparedSeries> all, const Scale& scale) {
  std::set<double> ranks;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::vector<ScalingPoint>& points = all[i].series.points;
    if (points.front().ranks == points.back().ranks) continue;
    Line line{.label = all[i].title(), .color = i, .style = LineStyle::marked, .points = {}};
    Line ideal{.label = fmt::format("{}, ideal", line.label),
               .color = i,
               .style = LineStyle::dashed,
               .in_key = InKey::no,
               .points = {}};
    for (const ScalingPoint& point : points) {
      const Scaled scaled = scale(point, points.front());
      const auto x = static_cast<double>(point.ranks);
      line.points.push_back({x, scaled.figure});
      ideal.points.push_back({x, Value::exactly(scaled.ideal)});
      ranks.insert(x);
    }
    chart.lines.push_back(std::move(line));
    chart.lines.push_back(std::move(ideal));
  }
  if (chart.lines.empty()) {
    chart.missing = "all runs of a series have the same number of ranks";
    return;
  }
  chart.x.ticks.assign(ranks.begin(), ranks.end());
  if (chart.x.ticks.back() <= most_linear_ranks) return;
  chart.x.scale = Axis::Scale::logarithmic;
  if (chart.y.label != "efficiency, %") chart.y.scale = Axis::Scale::logarithmic;
}

}  // namespace

Chart scaling_curves(std::span<const ComparedSeries> all) {
  Chart chart{.name = "scaling",
              .title = "Samples/s over ranks",
              .explanation =
                  "Median of the runs, from the least to the most. Dashed: the samples/s of "
                  "the fewest ranks times the ratio of ranks.",
              .x = {.label = "ranks"},
              .y = {.label = "samples/s", .scale = Axis::Scale::from_zero}};
  add_curves(chart, all, [](const ScalingPoint& point, const ScalingPoint& base) {
    const double ideal = base.samples_per_second.median * ratio_of_ranks(point, base);
    return Scaled{Value::of(point.samples_per_second), ideal};
  });
  return chart;
}

Chart speedup_curves(std::span<const ComparedSeries> all) {
  Chart chart{.name = "speedup",
              .title = "Speed-up",
              .explanation =
                  "Median samples/s over that of the fewest ranks, with the range of this "
                  "point's own runs. Dashed: as many times faster as there are more ranks.",
              .x = {.label = "ranks"},
              .y = {.label = "speed-up", .scale = Axis::Scale::from_zero}};
  add_curves(chart, all, [](const ScalingPoint& point, const ScalingPoint& base) {
    return Scaled{with_range(point, point.speedup), ratio_of_ranks(point, base)};
  });
  return chart;
}

Chart efficiency_curves(std::span<const ComparedSeries> all) {
  Chart chart{.name = "efficiency",
              .title = "Efficiency",
              .explanation =
                  "Speed-up over the ratio of ranks. Dashed: 100 %. Ranks that share cores "
                  "cannot reach it.",
              .x = {.label = "ranks"},
              .y = {.label = "efficiency, %", .scale = Axis::Scale::from_zero}};
  add_curves(chart, all, [](const ScalingPoint& point, const ScalingPoint&) {
    return Scaled{with_range(point, 100 * point.efficiency), 100};
  });
  return chart;
}

}  // namespace dtrain::launch
