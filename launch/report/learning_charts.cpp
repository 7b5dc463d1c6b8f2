// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Learning curves: each run one line, runs of one configuration in one color.

#include <fmt/format.h>

#include <algorithm>

#include "launch/report/charts.hpp"

namespace dtrain::launch {
namespace {

using Figure = std::optional<double> EpochFigures::*;

/// The epochs that have the figure, times `factor`.
std::vector<Point> points_of(const RunRecord& record, Figure figure, double factor) {
  std::vector<Point> points;
  for (const EpochFigures& epoch : record.epochs)
    if (epoch.*figure)
      points.push_back(
          {static_cast<double>(epoch.epoch), Value::exactly(factor * *(epoch.*figure))});
  return points;
}

/// "2 ranks, test", and for the next one with these settings "2 ranks, test, run 2".
std::string label_of(const std::string& configuration, bool is_test, std::size_t repeat) {
  return fmt::format("{}, {}{}", configuration, is_test ? "test" : "training",
                     repeat == 0 ? "" : fmt::format(", run {}", repeat + 1));
}

/// Whole numbers only, while there are few.
std::vector<double> epoch_ticks(const Chart& chart) {
  double last = 0;
  for (const Line& line : chart.lines) last = std::max(last, line.points.back().x);
  std::vector<double> ticks;
  for (double epoch = 1; last <= 12 && epoch <= last; ++epoch) ticks.push_back(epoch);
  return ticks;
}

void add_curves(Chart& chart, Configurations all, Figure tested, Figure trained, double factor) {
  bool is_curve = false;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t repeat = 0; repeat < all[i].repeats.size(); ++repeat) {
      const std::pair<Figure, LineStyle> kinds[] = {{tested, LineStyle::marked},
                                                    {trained, LineStyle::dashed}};
      for (const auto& [figure, style] : kinds) {
        const bool is_test = style == LineStyle::marked;
        Line line{.label = label_of(all[i].label, is_test, repeat),
                  .color = i,
                  .style = style,
                  .in_key = repeat == 0 && is_test ? InKey::yes : InKey::no,
                  .points = points_of(all[i].repeats[repeat], figure, factor)};
        if (line.points.empty()) continue;
        is_curve = is_curve || line.points.size() > 1;
        chart.lines.push_back(std::move(line));
      }
    }
  if (!is_curve) chart.missing = "no run recorded it for two epochs or more";
  chart.x.ticks = epoch_ticks(chart);
}

}  // namespace

Chart loss_curves(Configurations all) {
  Chart chart{.name = "loss",
              .title = "Loss",
              .explanation =
                  "Solid: test, in evaluation mode, every sample once, without label "
                  "smoothing. Dashed: training, the mean over the epoch, in training mode.",
              .x = {.label = "epoch"},
              .y = {.label = "loss"}};
  add_curves(chart, all, &EpochFigures::test_loss, &EpochFigures::train_loss, 1);
  return chart;
}

Chart accuracy_curves(Configurations all) {
  Chart chart{.name = "accuracy",
              .title = "Accuracy",
              .explanation =
                  "Solid: test. Dashed: training, the mean over the epoch, in training "
                  "mode (dropout and augmentation included).",
              .x = {.label = "epoch"},
              .y = {.label = "accuracy, %"}};
  add_curves(chart, all, &EpochFigures::test_accuracy, &EpochFigures::train_accuracy, 100);
  return chart;
}

}  // namespace dtrain::launch
