// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Series of runs over numbers of ranks (docs/scaling.md has the formulas).

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "launch/report/charts.hpp"

namespace dtrain::launch {
namespace {

/// Up to here an axis is linear: powers of two have no room for 3 ranks.
constexpr double most_linear_ranks = 16;

/// What a chart shows of a point: the figure with its range, what would be ideal, and what the machine
/// allows: none where nobody measured that.
struct Scaled {
  Value figure;
  std::optional<double> ideal = {}, allowed = {};
};
/// None where the point has no such figure.
using Scale =
    std::function<std::optional<Scaled>(const ScalingPoint& point, const ScalingPoint& base)>;

double ratio_of_ranks(const ScalingPoint& point, const ScalingPoint& base) {
  return static_cast<double>(point.ranks) / static_cast<double>(base.ranks);
}

/// Replicas that do not wait for each other, over the series' first point.
std::optional<double> allowed_speedup(const ScalingPoint& point, const ScalingPoint& base) {
  if (!point.ideal_samples_per_second) return std::nullopt;
  return point.ideal_samples_per_second->median / base.samples_per_second.median;
}

std::optional<double> times(const std::optional<double>& value, double factor) {
  return value ? std::optional(*value * factor) : std::nullopt;
}

Value with_interval(double value, const std::optional<double>& half_width) {
  return {value, value - half_width.value_or(0), value + half_width.value_or(0)};
}

/// The lines of one series: its figures, the ideal, and what the machine allows.
std::vector<Line> lines_of(const ComparedSeries& series, std::size_t color, const Scale& scale) {
  Line figures{.label = series.title(), .color = color, .style = LineStyle::marked};
  Line ideal{.label = fmt::format("{}, ideal", series.title()),
             .color = color,
             .style = LineStyle::dashed,
             .in_key = InKey::no};
  Line allowed{.label = fmt::format("{}, side by side", series.title()),
               .color = color,
               .style = LineStyle::dotted,
               .in_key = InKey::no};
  for (const ScalingPoint& point : series.series.points) {
    const auto scaled = scale(point, series.series.points.front());
    if (!scaled) continue;
    const auto ranks = static_cast<double>(point.ranks);
    figures.points.push_back({ranks, scaled->figure});
    if (scaled->ideal) ideal.points.push_back({ranks, Value::exactly(*scaled->ideal)});
    if (scaled->allowed) allowed.points.push_back({ranks, Value::exactly(*scaled->allowed)});
  }
  std::vector<Line> lines;
  for (Line* line : {&figures, &ideal, &allowed})
    if (!line->points.empty()) lines.push_back(std::move(*line));
  return lines;
}

void add_curves(Chart& chart, std::span<const ComparedSeries> all, const Scale& scale) {
  std::set<double> ranks;
  bool has_curve = false;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::vector<ScalingPoint>& points = all[i].series.points;
    if (points.front().ranks == points.back().ranks) continue;
    has_curve = true;
    for (Line& line : lines_of(all[i], i, scale)) {
      for (const Point& point : line.points) ranks.insert(point.x);
      chart.lines.push_back(std::move(line));
    }
  }
  if (!has_curve) {
    chart.missing = "all runs of a series have the same number of ranks";
  } else if (chart.lines.empty()) {
    chart.missing = "no run recorded it";
  } else {
    chart.x.ticks.assign(ranks.begin(), ranks.end());
    if (*ranks.rbegin() > most_linear_ranks) chart.x.scale = Axis::Scale::logarithmic;
  }
}

/// Of what grows with the ranks.
void fit_to_many_ranks(Chart& chart) {
  if (chart.x.scale == Axis::Scale::logarithmic) chart.y.scale = Axis::Scale::logarithmic;
}

}  // namespace

Chart scaling_curves(std::span<const ComparedSeries> all) {
  Chart chart{
      .name = "scaling",
      .title = "Samples/s over ranks",
      .explanation =
          "Median of the runs, from the least to the most. Dashed: the samples/s of the fewest "
          "ranks times the ratio of ranks. Dotted, where a study measured it: as many "
          "replicas side by side that do not wait for each other, which is what the machine "
          "allows.",
      .x = {.label = "ranks"},
      .y = {.label = "samples/s", .scale = Axis::Scale::from_zero}};
  add_curves(chart, all, [](const ScalingPoint& point, const ScalingPoint& base) {
    const double first = base.samples_per_second.median;
    return Scaled{.figure = Value::of(point.samples_per_second),
                  .ideal = first * ratio_of_ranks(point, base),
                  .allowed = times(allowed_speedup(point, base), first)};
  });
  fit_to_many_ranks(chart);
  return chart;
}

Chart speedup_curves(std::span<const ComparedSeries> all) {
  Chart chart{
      .name = "speedup",
      .title = "Speed-up",
      .explanation =
          "Median samples/s over that of the fewest ranks, with its 95 % confidence interval "
          "where both have several runs. Dashed: as many times faster as there are more ranks. "
          "Dotted: what the machine allows.",
      .x = {.label = "ranks"},
      .y = {.label = "speed-up", .scale = Axis::Scale::from_zero}};
  add_curves(chart, all, [](const ScalingPoint& point, const ScalingPoint& base) {
    return Scaled{.figure = with_interval(point.speedup, point.speedup_half_width_95),
                  .ideal = ratio_of_ranks(point, base),
                  .allowed = allowed_speedup(point, base)};
  });
  fit_to_many_ranks(chart);
  return chart;
}

Chart efficiency_curves(std::span<const ComparedSeries> all) {
  Chart chart{
      .name = "efficiency",
      .title = "Efficiency",
      .explanation =
          "Speed-up over the ratio of ranks, with its 95 % confidence interval where both have "
          "several runs. Dashed: 100 %. Dotted: what the machine allows; ranks that share "
          "cores cannot have more.",
      .x = {.label = "ranks"},
      .y = {.label = "efficiency, %", .scale = Axis::Scale::from_zero}};
  add_curves(chart, all, [](const ScalingPoint& point, const ScalingPoint& base) {
    return Scaled{
        .figure = with_interval(100 * point.efficiency, times(point.efficiency_half_width_95, 100)),
        .ideal = 100.0,
        .allowed = times(allowed_speedup(point, base), 100 / ratio_of_ranks(point, base))};
  });
  return chart;
}

Chart communication_curves(std::span<const ComparedSeries> all) {
  Chart chart{
      .name = "exposed-communication",
      .title = "Exposed communication",
      .explanation =
          "What a rank waits for sums after its backward, as a share of its step: medians of "
          "the rank with the longest median step; the median of the runs, from the least to "
          "the most. Waiting for slower ranks is in it.",
      .x = {.label = "ranks"},
      .y = {.label = "% of a step", .scale = Axis::Scale::from_zero}};
  add_curves(chart, all, [](const ScalingPoint& point, const ScalingPoint&) {
    const auto& share = point.exposed_communication;
    return share ? std::optional(
                       Scaled{.figure = {100 * share->median, 100 * share->min, 100 * share->max}})
                 : std::nullopt;
  });
  return chart;
}

}  // namespace dtrain::launch
