// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/study_text.hpp"

#include <fmt/format.h>

#include "launch/console.hpp"
#include "launch/study_fits.hpp"

namespace dtrain::launch {
namespace {

std::string plus_minus(double value, const std::optional<double>& half_width) {
  return half_width ? fmt::format("{:.2f} +- {:.2f}", value, *half_width)
                    : fmt::format("{:.2f}", value);
}

std::string share_text(const std::optional<Spread>& share) {
  return share ? fmt::format("{:.1f} %", 100 * share->median) : "-";
}

std::string rate_text(const std::optional<Spread>& rate) {
  return rate ? short_number(rate->median) : "-";
}

std::string figure_text(const std::optional<Spread>& figure) {
  return figure ? fmt::format("{:.3g}", figure->median) : "-";
}

std::string points_text(const ScalingSeries& series, const SerialFractions& fractions) {
  Table table({"ranks", "batch", "runs", "samples/s", "95 %", "speed-up", "efficiency", "ideal",
               "of ideal", "exposed", "Karp-Flatt"},
              {});
  std::string flags;
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    const ScalingPoint& point = series.points[i];
    const Spread& speed = point.samples_per_second;
    const auto& karp_flatt = fractions.karp_flatt[i];
    table.add_row(
        {std::to_string(point.ranks), std::to_string(point.global_batch),
         std::to_string(point.repeats), short_number(speed.median),
         speed.half_width_95 ? fmt::format("+- {:.1f} %", 100 * *speed.half_width_95 / speed.mean)
                             : "-",
         plus_minus(point.speedup, point.speedup_half_width_95),
         fmt::format("{:.0f} %", 100 * point.efficiency), rate_text(point.ideal_samples_per_second),
         share_text(point.fraction_of_ideal), share_text(point.exposed_communication),
         karp_flatt ? fmt::format("{:.3f}", *karp_flatt) : "-"});
    if (point.accuracy_differs)
      flags += fmt::format(
          "{} ranks have learned something else than {}: {} test accuracy, not {}\n", point.ranks,
          series.points.front().ranks, percent_text(point.test_accuracy->median),
          percent_text(series.points.front().test_accuracy->median));
  }
  std::string text = fmt::format("{}\n\n{}", series.title(), table.text());
  if (fractions.amdahl)
    text += fmt::format("serial fraction by Amdahl's law: {:.3f}\n", *fractions.amdahl);
  if (fractions.gustafson)
    text += fmt::format("serial fraction by Gustafson's law: {:.3f}\n", *fractions.gustafson);
  return text + flags + "\n";
}

/// One row a device, where the same was trained on several.
std::string devices_text(std::span<const ScalingSeries> all) {
  Table table({"model", "device", "ranks", "threads", "epoch", "samples/s", "GFLOP/s", "of peak",
               "moved GB/s", "J/sample", "test accuracy"},
              {Table::Align::left, Table::Align::left});
  for (const ScalingSeries& series : all)
    for (const ScalingPoint& point : series.points)
      table.add_row({series.model, fmt::format("{} {}", series.device, series.precision),
                     std::to_string(point.ranks), std::to_string(series.threads_per_rank),
                     point.epoch_seconds ? duration_text(point.epoch_seconds->median) : "-",
                     short_number(point.samples_per_second.median), figure_text(point.gflops),
                     share_text(point.fraction_of_peak), figure_text(point.moved_gb_per_s),
                     point.joules_per_sample
                         ? fmt::format("{}{:.3g}", point.energy_is_estimated ? "~" : "",
                                       point.joules_per_sample->median)
                         : "-",
                     point.test_accuracy ? percent_text(point.test_accuracy->median) : "-"});
  return table.text() + "\n";
}

std::string fits_text(std::span<const AllreduceFit> fits) {
  if (fits.empty()) return "";
  Table table({"allreduce", "ranks", "nodes", "latency", "bandwidth"}, {Table::Align::left});
  for (const AllreduceFit& fit : fits)
    table.add_row(
        {fit.algorithm, std::to_string(fit.ranks), std::to_string(fit.nodes),
         fmt::format("{:.2f} us", 1e6 * fit.latency_seconds),
         fit.seconds_per_byte > 0 ? fmt::format("{:.2f} GB/s", 1e-9 / fit.seconds_per_byte) : "-"});
  return table.text() + "\n";
}

}  // namespace

std::string study_text(const StudyRecord& record) {
  std::string text;
  if (record.options.matrix.kind == StudyKind::devices) text += devices_text(record.series);
  for (const ScalingSeries& series : record.series)
    text += points_text(series, serial_fractions(series));
  return text + fits_text(fit_allreduce(record.allreduce));
}

}  // namespace dtrain::launch
