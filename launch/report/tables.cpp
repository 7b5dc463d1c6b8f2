// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/report/tables.hpp"

#include <fmt/ranges.h>

#include "launch/console.hpp"

namespace dtrain::launch {

std::string_view series_explanation() {
  return "samples/s: a run's median epoch, training only; the median of the runs, and their range. "
         "speed-up: over the first line. efficiency: speed-up over the ratio of ranks. J/sample: "
         "energy of training; - is not measured, ~ is an estimate.";
}

Cells series_header() {
  return {"nodes", "ranks",    "batch",      "runs",          "samples/s",
          "range", "speed-up", "efficiency", "test accuracy", "J/sample"};
}

Cells series_row(const ScalingPoint& point) {
  const Spread& speed = point.samples_per_second;
  return {std::to_string(point.nodes),
          std::to_string(point.ranks),
          std::to_string(point.global_batch),
          std::to_string(point.repeats),
          short_number(speed.median),
          fmt::format("{} to {}", short_number(speed.min), short_number(speed.max)),
          fmt::format("{:.2f}", point.speedup),
          fmt::format("{:.0f} %", 100 * point.efficiency),
          point.test_accuracy ? percent_text(point.test_accuracy->median) : "-",
          point.joules_per_sample ? fmt::format("{}{:.3g}", point.energy_is_estimated ? "~" : "",
                                                point.joules_per_sample->median)
                                  : "-"};
}

std::vector<std::string> comparison(std::span<const ComparedSeries> all) {
  std::vector<std::string> lines;
  for (const ComparedSeries& other : all.subspan(1))
    for (const ScalingPoint& point : other.series.points)
      for (const ScalingPoint& first : all.front().series.points)
        if (point.ranks == first.ranks && point.nodes == first.nodes &&
            point.global_batch == first.global_batch)
          lines.push_back(fmt::format(
              "{:.2f} times the samples/s with {} as with {} ({} nodes, {} ranks, batch {})",
              point.samples_per_second.median / first.samples_per_second.median, other.title(),
              all.front().title(), point.nodes, point.ranks, point.global_batch));
  return lines;
}

std::string plain_text(std::span<const ComparedSeries> all) {
  std::string text;
  for (const ComparedSeries& each : all) {
    Table table(series_header(), {});
    for (const ScalingPoint& point : each.series.points) table.add_row(series_row(point));
    text += fmt::format("{}\n\n{}\n", each.title(), table.text());
  }
  for (const std::string& line : comparison(all)) text += line + "\n";
  return text;
}

std::string markdown(std::span<const ComparedSeries> all, std::span<const Chart> drawn) {
  const auto row = [](const Cells& cells) {
    return fmt::format("| {} |\n", fmt::join(cells, " | "));
  };
  std::string text = "# Runs side by side\n";
  for (const ComparedSeries& each : all) {
    text += fmt::format("\n## {}\n\n", each.title());
    text += row(series_header()) + row(Cells(series_header().size(), "---:"));
    for (const ScalingPoint& point : each.series.points) text += row(series_row(point));
  }
  for (const std::string& line : comparison(all)) text += fmt::format("\n{}\n", line);
  text += fmt::format("\n{}\n", series_explanation());
  for (const Chart& chart : drawn)
    text += fmt::format("\n## {}\n\n![{}]({}.svg)\n\n{}\n", chart.title, chart.title, chart.name,
                        chart.explanation);
  return text;
}

std::string comma_separated(std::span<const ComparedSeries> all) {
  const auto spread = [](const std::optional<Spread>& values) {
    return values ? fmt::format("{},{},{}", values->median, values->min, values->max) : ",,";
  };
  std::string text =
      "model,dataset,device,precision,threads_per_rank,nodes,ranks,global_batch,runs,"
      "samples_per_second,samples_per_second_min,samples_per_second_max,speedup,efficiency,"
      "test_accuracy,test_accuracy_min,test_accuracy_max,"
      "joules_per_sample,joules_per_sample_min,joules_per_sample_max,energy_is_estimated,study\n";
  for (const auto& [study, series] : all)
    for (const ScalingPoint& point : series.points)
      text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                          csv_quoted(series.model), csv_quoted(series.dataset), series.device,
                          series.precision, series.threads_per_rank, point.nodes, point.ranks,
                          point.global_batch, point.repeats, spread(point.samples_per_second),
                          point.speedup, point.efficiency, spread(point.test_accuracy),
                          spread(point.joules_per_sample), point.energy_is_estimated,
                          csv_quoted(study));
  return text;
}

}  // namespace dtrain::launch
