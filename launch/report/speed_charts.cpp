// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// How fast configurations train, where their steps go, and how near that is to what the machine can do.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "launch/console.hpp"
#include "launch/report/charts.hpp"

namespace dtrain::launch {
namespace {

std::optional<double> samples_per_second(const RunRecord& record) {
  return record.run.samples_per_second;
}

/// From far left of all points to far right of them, with the ridge where memory stops to be the limit.
std::vector<Point> roof(const Roofline& roofline, double least, double most) {
  const double peak = *roofline.peak_gflops, bandwidth = *roofline.memory_gb_per_s;
  const double ridge = peak / bandwidth;
  std::vector<Point> points;
  for (const double intensity : {std::min(least, ridge) / 4, ridge, std::max(most, ridge) * 4})
    points.push_back({intensity, Value::exactly(std::min(peak, bandwidth * intensity))});
  return points;
}

}  // namespace

Chart throughput_bars(Configurations all) {
  Chart chart{.name = "throughput",
              .title = "Throughput",
              .explanation =
                  "Samples trained on in a second: a run's median epoch, evaluation left "
                  "out; the median of the runs, and from the least to the most.",
              .x = {.label = "samples/s"}};
  for (std::size_t i = 0; i < all.size(); ++i)
    chart.bars.push_back({all[i].label, i, {Value::of(*all[i].spread(samples_per_second))}});
  return chart;
}

Chart device_bars(Configurations all) {
  Chart chart{.name = "devices",
              .title = "Devices",
              .explanation =
                  "The fastest configuration of each device for one model and dataset: "
                  "median samples/s of its runs, and from the least to the most.",
              .x = {.label = "samples/s"}};
  using Key = std::tuple<std::string, std::string, std::string>;  // model, dataset, device
  const auto key = [](const FinishedRun& run) { return Key(run.model, run.dataset, run.device); };
  std::vector<std::pair<Key, Spread>> fastest;
  for (const Configuration& each : all) {
    const Spread speed = *each.spread(samples_per_second);
    const auto known =
        std::ranges::find(fastest, key(each.first().run), &std::pair<Key, Spread>::first);
    if (known == fastest.end())
      fastest.emplace_back(key(each.first().run), speed);
    else if (known->second.median < speed.median)
      known->second = speed;
  }
  for (const auto& [mine, speed] : fastest) {
    const auto& [model, dataset, device] = mine;
    std::size_t devices = 0;
    for (const auto& [other, unused] : fastest)
      devices += std::get<0>(other) == model && std::get<1>(other) == dataset ? 1 : 0;
    if (devices > 1)
      chart.bars.push_back({as_one_line(fmt::format("{} on {}, {}", model, dataset, device)),
                            device == "cpu" ? std::size_t{0} : std::size_t{1},
                            {Value::of(speed)}});
  }
  if (chart.bars.empty()) chart.missing = "no model was run on two kinds of device";
  return chart;
}

Chart phase_bars(Configurations all) {
  Chart chart{.name = "step-time",
              .title = "Where a step's time goes",
              .explanation =
                  "Medians over the steps of the rank with the longest median step; the "
                  "median of the runs. Exposed communication is what a rank waits for the "
                  "sums after its backward; what overlaps with backward is not in it.",
              .x = {.label = "ms a step"},
              .parts = {"data", "forward", "backward", "exposed communication", "optimizer"}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    Bar bar{all[i].label, i, {}};
    for (std::size_t phase = 0; phase < phase_count; ++phase) {
      const auto spread = all[i].spread([&](const RunRecord& record) {
        return record.phase_ms ? std::optional((*record.phase_ms)[phase]) : std::nullopt;
      });
      if (spread) bar.parts.push_back(Value::of(*spread));
    }
    if (!bar.parts.empty()) chart.bars.push_back(std::move(bar));
  }
  if (chart.bars.empty()) chart.missing = "no run's summary has step_milliseconds";
  return chart;
}

Chart roofline_chart(Configurations all) {
  Chart chart{
      .name = "roofline",
      .title = "Roofline",
      .explanation =
          "Dots: GFLOP/s of the median epoch over FLOPs a byte, of the run in the middle; both "
          "are counted from the network's plan, bytes as if nothing stayed in a cache. Dashed: "
          "what the cores of all ranks can do, measured right after training: multiply-adds in "
          "the widest vectors, and STREAM triad.",
      .x = {.label = "FLOPs a byte", .scale = Axis::Scale::logarithmic},
      .y = {.label = "GFLOP/s", .scale = Axis::Scale::logarithmic}};
  double least = INFINITY, most = 0;
  for (const Configuration& each : all)
    for (const RunRecord& record : each.repeats)
      if (record.roofline) {
        least = std::min(least, record.roofline->intensity);
        most = std::max(most, record.roofline->intensity);
      }
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<Roofline> found;
    for (const RunRecord& record : all[i].repeats)
      if (record.roofline) found.push_back(*record.roofline);
    if (found.empty()) continue;
    std::ranges::sort(found, {}, &Roofline::gflops);
    const Roofline& middle = found[found.size() / 2];
    chart.lines.push_back({.label = all[i].label,
                           .color = i,
                           .style = LineStyle::points,
                           .points = {{middle.intensity, Value::exactly(middle.gflops)}}});
    if (middle.peak_gflops && middle.memory_gb_per_s)
      chart.lines.push_back({.label = fmt::format("{}, roof", all[i].label),
                             .color = i,
                             .style = LineStyle::dashed,
                             .in_key = InKey::no,
                             .points = roof(middle, least, most)});
  }
  if (chart.lines.empty()) chart.missing = "no run's summary has a roofline";
  return chart;
}

}  // namespace dtrain::launch
