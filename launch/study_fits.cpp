// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/study_fits.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "measure/scaling_fits.hpp"

namespace dtrain::launch {

SerialFractions serial_fractions(const ScalingSeries& series) {
  SerialFractions fractions;
  fractions.karp_flatt.resize(series.points.size());
  const ScalingPoint& first = series.points.front();
  if (series.points.back().ranks == first.ranks) return fractions;

  std::vector<measure::ScalingMeasurement> seconds_per_sample;
  std::vector<measure::ScaledSpeedup> speedups;
  seconds_per_sample.reserve(series.points.size());
  speedups.reserve(series.points.size());
  for (const ScalingPoint& point : series.points) {
    const auto ranks = static_cast<double>(point.ranks);
    seconds_per_sample.push_back({.ranks = ranks, .seconds = 1 / point.samples_per_second.median});
    if (point.ranks > 1) speedups.push_back({.ranks = ranks, .speedup = point.speedup});
  }
  if (series.kind == StudyKind::strong)
    fractions.amdahl = measure::fit_amdahl(seconds_per_sample).serial_fraction;
  if (first.ranks > 1) return fractions;  // the other two are made of speed-ups over one rank
  if (series.kind == StudyKind::weak)
    fractions.gustafson = measure::fit_gustafson(speedups).serial_fraction;
  if (series.kind == StudyKind::strong)
    for (std::size_t i = 0; i < series.points.size(); ++i)
      if (const ScalingPoint& point = series.points[i]; point.ranks > 1)
        fractions.karp_flatt[i] =
            measure::karp_flatt(point.speedup, static_cast<double>(point.ranks));
  return fractions;
}

std::vector<AllreduceFit> fit_allreduce(std::span<const AllreduceTime> times) {
  using Way = std::tuple<std::int64_t, std::int64_t, std::string>;  // ranks, nodes, algorithm
  std::map<Way, std::vector<measure::TransferMeasurement>> all;
  for (const AllreduceTime& time : times)
    all[{time.ranks, time.nodes, time.algorithm}].push_back(
        {.bytes = static_cast<double>(time.bytes), .seconds = 1e-6 * time.median_us});
  std::vector<AllreduceFit> fits;
  for (const auto& [way, transfers] : all) {
    const auto [smallest, largest] =
        std::ranges::minmax(transfers, {}, &measure::TransferMeasurement::bytes);
    if (smallest.bytes == largest.bytes) continue;
    const measure::LatencyBandwidthFit fit = measure::fit_latency_bandwidth(transfers);
    fits.push_back({.algorithm = std::get<2>(way),
                    .ranks = std::get<0>(way),
                    .nodes = std::get<1>(way),
                    .latency_seconds = fit.latency_seconds,
                    .seconds_per_byte = fit.seconds_per_byte});
  }
  return fits;
}

}  // namespace dtrain::launch
