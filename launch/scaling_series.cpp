// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/scaling_series.hpp"

#include <fmt/format.h>

#include <map>
#include <tuple>

namespace dtrain::launch {
namespace {

using Place = std::tuple<std::int64_t, std::int64_t, std::int64_t>;  // ranks, nodes, batch

/// The spread of what `value` finds in the runs that have it.
template <class Value>
std::optional<Spread> spread_over(const std::vector<FinishedRun>& repeats, const Value& value) {
  std::vector<double> values;
  for (const FinishedRun& run : repeats)
    if (const std::optional<double> found = value(run)) values.push_back(*found);
  return values.empty() ? std::nullopt : std::optional(spread_of(std::move(values)));
}

ScalingPoint point_of(const std::vector<FinishedRun>& repeats) {
  const FinishedRun& first = repeats.front();
  ScalingPoint point;
  point.nodes = first.nodes;
  point.ranks = first.ranks;
  point.global_batch = first.global_batch;
  point.repeats = static_cast<std::int64_t>(repeats.size());
  point.samples_per_second = *spread_over(
      repeats, [](const FinishedRun& run) { return std::optional(run.samples_per_second); });
  point.test_accuracy =
      spread_over(repeats, [](const FinishedRun& run) { return run.test_accuracy; });
  point.joules_per_sample =
      spread_over(repeats, [](const FinishedRun& run) { return run.joules_per_sample; });
  for (const FinishedRun& run : repeats) point.energy_is_estimated |= run.energy_is_estimated;
  return point;
}

bool belongs(const FinishedRun& run, const ScalingSeries& series) {
  return std::tie(run.model, run.dataset, run.device, run.precision, run.threads_per_rank) ==
         std::tie(series.model, series.dataset, series.device, series.precision,
                  series.threads_per_rank);
}

}  // namespace

std::string ScalingSeries::title() const {
  return fmt::format("{} on {}, {}, {}, {} thread{} a rank", model, dataset, device, precision,
                     threads_per_rank, threads_per_rank == 1 ? "" : "s");
}

std::vector<ScalingSeries> scaling_series(std::span<const FinishedRun> runs) {
  std::vector<ScalingSeries> all;
  std::vector<std::map<Place, std::vector<FinishedRun>>> repeats;  // of each series
  for (const FinishedRun& run : runs) {
    auto series = std::ranges::find_if(all, [&](const auto& each) { return belongs(run, each); });
    if (series == all.end()) {
      all.push_back({run.model, run.dataset, run.device, run.precision, run.threads_per_rank, {}});
      repeats.emplace_back();
      series = all.end() - 1;
    }
    repeats[static_cast<std::size_t>(series - all.begin())]
           [{run.ranks, run.nodes, run.global_batch}]
               .push_back(run);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto& points = all[i].points;
    for (const auto& [place, same] : repeats[i]) points.push_back(point_of(same));
    const ScalingPoint base = points.front();
    for (ScalingPoint& point : points) {
      point.speedup = point.samples_per_second.median / base.samples_per_second.median;
      point.efficiency =
          point.speedup * static_cast<double>(base.ranks) / static_cast<double>(point.ranks);
    }
  }
  return all;
}

}  // namespace dtrain::launch
