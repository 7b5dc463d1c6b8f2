// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/report/tables.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "launch/console.hpp"

namespace dtrain::launch {
namespace {

using Share = std::optional<Spread> ScalingPoint::*;

std::string speedup_text(const ScalingPoint& point) {
  return point.speedup_half_width_95
             ? fmt::format("{:.2f} ± {:.2f}", point.speedup, *point.speedup_half_width_95)
             : fmt::format("{:.2f}", point.speedup);
}

std::string joules_text(const ScalingPoint& point) {
  if (!point.joules_per_sample) return "-";
  return fmt::format("{}{:.3g}", point.energy_is_estimated ? "~" : "",
                     point.joules_per_sample->median);
}

/// A column of medians of shares, where some point has them.
void add_share(std::vector<Column>& columns, std::span<const ComparedSeries> all,
               const std::string& header, const std::string& meaning, Share share) {
  const auto has_share = [&](const ScalingPoint& point) { return (point.*share).has_value(); };
  if (std::ranges::none_of(all, [&](const ComparedSeries& each) {
        return std::ranges::any_of(each.series.points, has_share);
      }))
    return;
  columns.push_back({header, meaning, [share](const ScalingPoint& point) {
                       return point.*share ? fmt::format("{:.1f} %", 100 * (point.*share)->median)
                                           : "-";
                     }});
}

std::vector<std::string> comparison(std::span<const ComparedSeries> all) {
  std::vector<std::string> lines;
  for (const ComparedSeries& other : all.subspan(1))
    for (const ScalingPoint& point : other.series.points)
      for (const ScalingPoint& first : all.front().series.points)
        if (point.ranks == first.ranks && point.nodes == first.nodes &&
            point.global_batch == first.global_batch)
          lines.push_back(fmt::format(
              "{:.2f} times the samples/s with {} as with {} (nodes: {}, ranks: {}, batch: {})",
              point.samples_per_second.median / first.samples_per_second.median, other.title(),
              all.front().title(), point.nodes, point.ranks, point.global_batch));
  return lines;
}

}  // namespace

std::vector<Column> series_columns(std::span<const ComparedSeries> all) {
  std::vector<Column> columns{
      {"nodes", "", [](const auto& point) { return std::to_string(point.nodes); }},
      {"ranks", "", [](const auto& point) { return std::to_string(point.ranks); }},
      {"batch", "samples of a step, over all ranks",
       [](const auto& point) { return std::to_string(point.global_batch); }},
      {"runs", "repeats", [](const auto& point) { return std::to_string(point.repeats); }},
      {"samples/s", "a run's median epoch, training only; the median of the runs",
       [](const auto& point) { return short_number(point.samples_per_second.median); }},
      {"range", "of the runs",
       [](const auto& point) {
         const Spread& speed = point.samples_per_second;
         return fmt::format("{} to {}", short_number(speed.min), short_number(speed.max));
       }},
      {"speed-up",
       "over the first line, ± its 95 % confidence interval where both have several runs",
       speedup_text},
      {"efficiency", "speed-up over the ratio of ranks",
       [](const auto& point) { return fmt::format("{:.0f} %", 100 * point.efficiency); }}};
  add_share(
      columns, all, "of ideal",
      "over as many replicas side by side that do not wait for each other, measured in turn with "
      "each run",
      &ScalingPoint::fraction_of_ideal);
  add_share(columns, all, "waiting", "exposed communication, as a share of a step",
            &ScalingPoint::exposed_communication);
  columns.push_back({"test accuracy", "after the last epoch", [](const auto& point) {
                       return point.test_accuracy ? percent_text(point.test_accuracy->median) : "-";
                     }});
  columns.push_back({"J/sample", "energy of training", joules_text});
  return columns;
}

Cells header_of(std::span<const Column> columns) {
  Cells cells;
  for (const Column& column : columns) cells.push_back(column.header);
  return cells;
}

Cells row_of(std::span<const Column> columns, const ScalingPoint& point) {
  Cells cells;
  for (const Column& column : columns) cells.push_back(column.cell(point));
  return cells;
}

std::string explanation_of(std::span<const Column> columns) {
  std::string text;
  for (const Column& column : columns)
    if (!column.meaning.empty()) text += fmt::format("{}: {}. ", column.header, column.meaning);
  return text + "- is not measured, ~ is an estimate.";
}

std::vector<std::string> remarks(std::span<const ComparedSeries> all) {
  std::vector<std::string> lines = comparison(all);
  for (const ComparedSeries& each : all)
    for (const ScalingPoint& point : each.series.points)
      if (point.accuracy_differs)
        lines.push_back(fmt::format("{}: {} ranks learn something else than {}; see the accuracies",
                                    each.title(), point.ranks, each.series.points.front().ranks));
  return lines;
}

std::string plain_text(std::span<const ComparedSeries> all) {
  const auto columns = series_columns(all);
  std::string text;
  for (const ComparedSeries& each : all) {
    Table table(header_of(columns), {});
    for (const ScalingPoint& point : each.series.points) table.add_row(row_of(columns, point));
    text += fmt::format("{}\n\n{}\n", each.title(), table.text());
  }
  for (const std::string& line : remarks(all)) text += line + "\n";
  return text;
}

std::string markdown(std::span<const ComparedSeries> all, std::span<const Chart> drawn) {
  const auto row = [](const Cells& cells) {
    return fmt::format("| {} |\n", fmt::join(cells, " | "));
  };
  const auto columns = series_columns(all);
  std::string text = "# Runs side by side\n";
  for (const ComparedSeries& each : all) {
    text += fmt::format("\n## {}\n\n", each.title());
    text += row(header_of(columns)) + row(Cells(columns.size(), "---:"));
    for (const ScalingPoint& point : each.series.points) text += row(row_of(columns, point));
  }
  for (const std::string& line : remarks(all)) text += fmt::format("\n{}\n", line);
  text += fmt::format("\n{}\n", explanation_of(columns));
  for (const Chart& chart : drawn)
    text += fmt::format("\n## {}\n\n![{}]({}.svg)\n\n{}\n", chart.title, chart.title, chart.name,
                        chart.explanation);
  return text;
}

std::string comma_separated(std::span<const ComparedSeries> all) {
  const auto spread = [](const std::optional<Spread>& values) {
    return values ? fmt::format("{},{},{}", values->median, values->min, values->max) : ",,";
  };
  const auto cell = [](const std::optional<double>& value) {
    return value ? fmt::format("{}", *value) : "";
  };
  std::string text =
      "model,dataset,device,precision,threads_per_rank,nodes,ranks,global_batch,runs,"
      "samples_per_second,samples_per_second_min,samples_per_second_max,speedup,efficiency,"
      "test_accuracy,test_accuracy_min,test_accuracy_max,"
      "joules_per_sample,joules_per_sample_min,joules_per_sample_max,energy_is_estimated,study,"
      "speedup_half_width_95,efficiency_half_width_95,"
      "ideal_samples_per_second,ideal_samples_per_second_min,ideal_samples_per_second_max,"
      "exposed_communication,exposed_communication_min,exposed_communication_max\n";
  for (const auto& [study, series] : all)
    for (const ScalingPoint& point : series.points)
      text +=
          fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                      csv_quoted(series.model), csv_quoted(series.dataset), series.device,
                      series.precision, series.threads_per_rank, point.nodes, point.ranks,
                      point.global_batch, point.repeats, spread(point.samples_per_second),
                      point.speedup, point.efficiency, spread(point.test_accuracy),
                      spread(point.joules_per_sample), point.energy_is_estimated, csv_quoted(study),
                      cell(point.speedup_half_width_95), cell(point.efficiency_half_width_95),
                      spread(point.ideal_samples_per_second), spread(point.exposed_communication));
  return text;
}

}  // namespace dtrain::launch
