// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/scaling_series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "launch/console.hpp"

namespace dtrain::launch {
namespace {

using Runs = std::vector<FinishedRun>;
using Place = std::tuple<std::int64_t, std::int64_t, std::int64_t>;  // ranks, nodes, batch

/// The spread of what `value` finds in the runs that have it.
template <class Value>
std::optional<Spread> spread_over(const Runs& repeats, const Value& value) {
  std::vector<double> values;
  for (const FinishedRun& run : repeats)
    if (const std::optional<double> found = value(run)) values.push_back(*found);
  return values.empty() ? std::nullopt : std::optional(spread_of(std::move(values)));
}

std::optional<Spread> spread_over(const Runs& repeats, std::optional<double> FinishedRun::*member) {
  return spread_over(repeats, [member](const FinishedRun& run) { return run.*member; });
}

std::optional<double> exposed_share(const FinishedRun& run) {
  if (!run.step || run.step->median <= 0) return std::nullopt;
  return run.step->comm_exposed / run.step->median;
}

std::optional<double> share_of_ideal(const FinishedRun& run) {
  if (!run.ideal_samples_per_second) return std::nullopt;
  return run.samples_per_second / *run.ideal_samples_per_second;
}

ScalingPoint point_of(const Runs& repeats) {
  const FinishedRun& first = repeats.front();
  ScalingPoint point;
  point.nodes = first.nodes;
  point.ranks = first.ranks;
  point.global_batch = first.global_batch;
  point.repeats = static_cast<std::int64_t>(repeats.size());
  point.samples_per_second = *spread_over(
      repeats, [](const FinishedRun& run) { return std::optional(run.samples_per_second); });
  point.test_accuracy = spread_over(repeats, &FinishedRun::test_accuracy);
  point.epoch_seconds = spread_over(repeats, &FinishedRun::epoch_seconds);
  point.joules_per_epoch = spread_over(repeats, &FinishedRun::joules_per_epoch);
  point.joules_per_sample = spread_over(repeats, &FinishedRun::joules_per_sample);
  point.exposed_communication = spread_over(repeats, exposed_share);
  point.gflops = spread_over(repeats, &FinishedRun::gflops);
  point.fraction_of_peak = spread_over(repeats, &FinishedRun::fraction_of_peak);
  point.moved_gb_per_s = spread_over(repeats, &FinishedRun::moved_gb_per_s);
  point.ideal_samples_per_second = spread_over(repeats, &FinishedRun::ideal_samples_per_second);
  point.fraction_of_ideal = spread_over(repeats, share_of_ideal);
  for (const FinishedRun& run : repeats) point.energy_is_estimated |= run.energy_is_estimated;
  return point;
}

/// Of a ratio of two means that vary independently: relative widths add as squares, to first order.
std::optional<double> ratio_half_width(const Spread& above, const Spread& below, double ratio) {
  if (!above.half_width_95 || !below.half_width_95) return std::nullopt;
  return ratio * std::hypot(*above.half_width_95 / above.mean, *below.half_width_95 / below.mean);
}

/// Two accuracies on the same `samples` differ when their difference is beyond what 95 % of pairs of
/// equally good classifiers show (difference of two proportions; T. G. Dietterich, Neural Computation
/// 10, 1998), and beyond the range of the repeats too.
bool differs(const Spread& one, const Spread& other, std::int64_t samples) {
  const double mean = (one.median + other.median) / 2;
  const double deviation = std::sqrt(2 * mean * (1 - mean) / static_cast<double>(samples));
  const double range = std::max(one.max - one.min, other.max - other.min);
  return std::abs(one.median - other.median) > std::max(1.96 * deviation, range);
}

/// What follows from the first of the points, of whose test there are `test_samples`.
void compare_with_first(ScalingSeries& series, std::int64_t test_samples) {
  const ScalingPoint base = series.points.front();
  const Spread& slow = base.samples_per_second;
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    ScalingPoint& point = series.points[i];
    const Spread& fast = point.samples_per_second;
    const double share = static_cast<double>(base.ranks) / static_cast<double>(point.ranks);
    point.speedup = fast.median / slow.median;
    point.efficiency = point.speedup * share;
    if (i == 0) continue;
    point.speedup_half_width_95 = ratio_half_width(fast, slow, point.speedup);
    if (point.speedup_half_width_95)
      point.efficiency_half_width_95 = *point.speedup_half_width_95 * share;
    if (series.kind == StudyKind::strong && point.test_accuracy && base.test_accuracy)
      point.accuracy_differs = differs(*point.test_accuracy, *base.test_accuracy, test_samples);
  }
}

std::int64_t series_batch(const FinishedRun& run) {
  switch (run.kind) {
    case StudyKind::none:
      return 0;
    case StudyKind::weak:
      return run.global_batch / run.ranks;
    default:
      return run.global_batch;
  }
}

bool belongs(const FinishedRun& run, const ScalingSeries& series) {
  return std::tie(run.kind, run.model, run.dataset, run.device, run.precision, run.comm,
                  run.threads_per_rank) == std::tie(series.kind, series.model, series.dataset,
                                                    series.device, series.precision, series.comm,
                                                    series.threads_per_rank) &&
         series_batch(run) == series.batch;
}

ScalingSeries empty_series(const FinishedRun& run) {
  return {.kind = run.kind,
          .model = run.model,
          .dataset = run.dataset,
          .device = run.device,
          .precision = run.precision,
          .comm = run.comm,
          .threads_per_rank = run.threads_per_rank,
          .batch = series_batch(run),
          .points = {}};
}

}  // namespace

std::string ScalingSeries::title() const {
  std::string text = fmt::format("{} on {}, {}, {}, {} a rank", model, dataset, device, precision,
                                 counted(threads_per_rank, "thread"));
  if (comm != "auto") text += fmt::format(", comm {}", comm);
  if (batch > 0)
    text += fmt::format(", batch {}{}", batch, kind == StudyKind::weak ? " a rank" : "");
  return text;
}

std::vector<ScalingSeries> scaling_series(std::span<const FinishedRun> runs) {
  std::vector<ScalingSeries> all;
  std::vector<std::map<Place, Runs>> repeats;  // of each series
  for (const FinishedRun& run : runs) {
    auto series = std::ranges::find_if(all, [&](const auto& each) { return belongs(run, each); });
    if (series == all.end()) {
      all.push_back(empty_series(run));
      repeats.emplace_back();
      series = all.end() - 1;
    }
    repeats[static_cast<std::size_t>(series - all.begin())]
           [{run.ranks, run.nodes, run.global_batch}]
               .push_back(run);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const auto& [place, same] : repeats[i]) all[i].points.push_back(point_of(same));
    compare_with_first(all[i], repeats[i].begin()->second.front().test_samples);
  }
  return all;
}

}  // namespace dtrain::launch
