// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "launch/scaling_series.hpp"
#include "launch/study_folder.hpp"

namespace dtrain::launch {

/// The serial part of a series' work, by the model that its kind of study is made for
/// (measure/scaling_fits.hpp).
struct SerialFractions {
  std::optional<double> amdahl, gustafson;        ///< over all points; of strong, of weak scaling
  std::vector<std::optional<double>> karp_flatt;  ///< of each point of strong scaling
};

/// A series that has one number of ranks, or does not begin with one rank where the model needs that,
/// has none.
SerialFractions serial_fractions(const ScalingSeries& series);

/// What one way of summing over so many ranks costs: latency + bytes x seconds_per_byte.
struct AllreduceFit {
  std::string algorithm;
  std::int64_t ranks = 1, nodes = 1;
  double latency_seconds = 0, seconds_per_byte = 0;
};

/// One fit for each algorithm and number of ranks, over all sizes and repeats.
std::vector<AllreduceFit> fit_allreduce(std::span<const AllreduceTime> times);

}  // namespace dtrain::launch
