// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What `dtrain study predict` starts from: steps and sums that were measured.

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "launch/finished_run.hpp"
#include "measure/scaling_model.hpp"
#include "nn/model.hpp"

namespace dtrain::launch {

/// A sum by way of the node, then the ring, as `bench allreduce` and study.json tell of.
struct MeasuredSum {
  std::int64_t ranks = 1, nodes = 1;
  double bytes = 0, seconds = 0;
};

/// Of `bench allreduce --json`: one object per line. Or of a study.json: those in its `allreduce`.
/// Throws InputError that names the file.
std::vector<MeasuredSum> read_sums(const std::filesystem::path& file);

/// A line through measured sums, and how far it is from them.
struct FittedCost {
  measure::LatencyBandwidthFit cost;
  std::size_t sums = 0;
  double worst_error = 0;  ///< relative, of all of them
};

/// What sums on one node of that many ranks took; none where there are not two sizes of them.
std::optional<FittedCost> fit_node(std::span<const MeasuredSum> sums, std::int64_t ranks_per_node);
/// What the sums of several nodes took for each step and byte on their links, `node` for the ranks of
/// a node aside. Uses sums with one rank to a node or `ranks_per_node`; none where there are not two
/// sizes of them.
std::optional<FittedCost> fit_link(std::span<const MeasuredSum> sums, std::int64_t ranks_per_node,
                                   const measure::LatencyBandwidthFit& node);

/// A rank's step without the wait for sums, of the rank whose steps are the longest: the mean step of
/// the run's median epoch, divided as the medians of its phases are. Throws InputError where the
/// run does not tell.
measure::ComputeMeasurement compute_of(const FinishedRun& run);

/// The network that a run trained, out of its newest checkpoint. Throws InputError.
nn::Model read_model(const FinishedRun& run);

/// When backward has which gradients: layers take time by their multiply-adds.
std::vector<measure::GradientArrival> gradient_arrivals(const nn::Model& model);

}  // namespace dtrain::launch
