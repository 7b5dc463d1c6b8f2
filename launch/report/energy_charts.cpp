// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Joules and watts (docs/energy.md). What is an estimate says so in its label.

#include <fmt/format.h>

#include "launch/report/charts.hpp"

namespace dtrain::launch {
namespace {

std::string marked(const std::string& label, bool is_estimated) {
  return is_estimated ? fmt::format("{} (estimated)", label) : label;
}

constexpr const char* no_energy =
    "no run knows its energy: no counter could be read, or its epochs are shorter than two updates "
    "of it";

void add_bars(Chart& chart, Configurations all,
              const std::function<std::optional<double>(const RunRecord&)>& figure) {
  for (std::size_t i = 0; i < all.size(); ++i)
    if (const auto spread = all[i].spread(figure))
      chart.bars.push_back(
          {marked(all[i].label, all[i].energy_is_estimated()), i, {Value::of(*spread)}});
  if (chart.bars.empty()) chart.missing = no_energy;
}

/// Of each epoch's training and evaluation one after the other: average watts, as long as they took.
std::vector<Point> epoch_power(const RunRecord& record) {
  std::vector<Point> points;
  double now = 0;
  const auto add = [&](const std::optional<double>& joules, const std::optional<double>& seconds) {
    if (joules && seconds && *seconds > 0) {
      points.push_back({now, Value::exactly(*joules / *seconds)});
      points.push_back({now + *seconds, points.back().y});
    }
    now += seconds.value_or(0);
  };
  for (const EpochFigures& epoch : record.epochs) {
    add(epoch.train_joules, epoch.train_seconds);
    add(epoch.eval_joules, epoch.eval_seconds);
  }
  return points;
}

/// Counters of a tenth of a second, averaged over about a hundredth of the run: a single one is noise.
std::vector<Point> smoothed(const PowerCurve& curve) {
  constexpr std::size_t most_points = 100;
  const std::size_t together = curve.samples.size() / most_points + 1;
  std::vector<Point> points;
  for (std::size_t begin = 0; begin + together <= curve.samples.size(); begin += together) {
    double seconds = 0, watts = 0;
    for (std::size_t i = begin; i < begin + together; ++i) {
      seconds += curve.samples[i].first;
      watts += curve.samples[i].second;
    }
    const auto count = static_cast<double>(together);
    points.push_back({seconds / count, Value::exactly(watts / count)});
  }
  return points;
}

}  // namespace

Chart epoch_energy_bars(Configurations all) {
  Chart chart{.name = "epoch-energy",
              .title = "Energy of an epoch",
              .explanation =
                  "Joules of training and evaluation, all nodes and GPUs, idle power "
                  "included: a run's median epoch; the median of the runs, and from the "
                  "least to the most.",
              .x = {.label = "J an epoch"}};
  add_bars(chart, all, [](const RunRecord& record) { return record.joules_per_epoch; });
  return chart;
}

Chart sample_energy_bars(Configurations all) {
  Chart chart{.name = "sample-energy",
              .title = "Energy of a sample",
              .explanation =
                  "Joules of training over samples trained on, idle power included: a run's "
                  "median epoch; the median of the runs, and from the least to the most.",
              .x = {.label = "J a sample"}};
  add_bars(chart, all, [](const RunRecord& record) { return record.run.joules_per_sample; });
  return chart;
}

Chart power_curves(Configurations all) {
  Chart chart{.name = "power",
              .title = "Power over time",
              .explanation =
                  "Of one run of each configuration. With --trace: ten readings a second, a "
                  "line for each rank that reads a node or a GPU. Else: average watts of "
                  "each epoch's training and evaluation, one after the other.",
              .x = {.label = "s"},
              .y = {.label = "W", .scale = Axis::Scale::from_zero}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const RunRecord& record = all[i].first();
    const std::string label = marked(all[i].label, record.run.energy_is_estimated);
    for (const PowerCurve& curve : record.power)
      chart.lines.push_back(
          {.label = record.power.size() > 1 ? fmt::format("{}, rank {}", label, curve.rank) : label,
           .color = i,
           .points = smoothed(curve)});
    if (!record.power.empty()) continue;
    Line line{.label = label, .color = i, .points = epoch_power(record)};
    if (!line.points.empty()) chart.lines.push_back(std::move(line));
  }
  std::erase_if(chart.lines, [](const Line& line) { return line.points.empty(); });
  if (chart.lines.empty()) chart.missing = no_energy;
  return chart;
}

}  // namespace dtrain::launch
