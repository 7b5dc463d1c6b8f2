// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "launch/prediction_inputs.hpp"

namespace dtrain::launch {

/// What the user fixes of a prediction; 0, and an empty text, for what follows from the measurements.
struct PredictionOptions {
  std::vector<std::int64_t> ranks;  ///< to predict for
  std::int64_t ranks_per_node = 0, batch_per_rank = 0, global_batch = 0;
  std::optional<measure::LatencyBandwidthFit> node, link;
  double bucket_mb = 0;
  std::optional<bool> overlap;
  std::string across;  ///< the algorithm between nodes
};

/// Runs that differ in nodes, ranks, batch and how they sum only.
struct RunKind {
  std::string title;
  std::vector<FinishedRun> runs;
};

std::vector<RunKind> kinds_of(std::span<const FinishedRun> runs);

enum class Scaling { weak, strong };

/// What is predicted of some number of ranks.
struct PredictedPoint {
  Scaling scaling = Scaling::weak;
  std::int64_t ranks = 1, nodes = 1, global_batch = 0;
  measure::StepPrediction step;
  double compute_seconds = 0, bucket_mb = 0;
  std::string_view across;  ///< the algorithm between nodes; empty with one node
  double samples_per_second = 0, speedup = 1, efficiency = 1;
  std::optional<double> measured;  ///< samples/s: the median of the runs with these ranks and batch

  /// How far the prediction is above the measurement, relative to that.
  std::optional<double> error() const {
    return measured ? std::optional(samples_per_second / *measured - 1) : std::nullopt;
  }
};

/// All predictions from one kind of runs. It starts from those with the asked-for number of ranks to a
/// node, or the most, on the fewest nodes: they wait for links the least.
class ScalingPredictor {
 public:
  /// Throws UsageError where neither `options` nor `sums` say what sums take, or where no run has so
  /// many ranks to a node, and InputError where a run's files do not tell what is needed.
  ScalingPredictor(RunKind kind, const PredictionOptions& options,
                   std::span<const MeasuredSum> sums);

  /// In the order of the ranks asked for; speed-up and efficiency are over the first one. Strong
  /// scaling ends where ranks outnumber the samples of a step. Throws UsageError for a number of ranks
  /// that does not fill its nodes.
  std::vector<PredictedPoint> points(Scaling scaling) const;

  /// All that the figures stand on, one sentence each.
  std::vector<std::string> assumptions() const;

  const RunKind& kind() const { return kind_; }
  const measure::LatencyBandwidthFit& link() const { return link_.cost; }
  std::int64_t batch_per_rank() const;
  std::int64_t global_batch() const;

 private:
  /// Runs that steps are predicted from.
  struct Basis {
    std::int64_t ranks_per_node = 0, nodes = 1, batch_per_rank = 0, global_batch = 0;
    std::vector<measure::ComputeMeasurement> compute;
  };
  /// A latency and a bandwidth, and where they are from.
  struct Cost {
    measure::LatencyBandwidthFit cost;
    std::string origin;
  };

  Basis find_basis() const;
  Cost node_cost(std::span<const MeasuredSum> sums) const;
  Cost link_cost(std::span<const MeasuredSum> sums) const;

  std::vector<std::int64_t> rank_counts() const;
  measure::SumTime sum(std::int64_t nodes, double bytes) const;
  double bucket_mb(std::int64_t nodes) const;
  PredictedPoint point_of(Scaling scaling, std::int64_t ranks, std::int64_t batch) const;
  std::optional<double> measured(const PredictedPoint& point) const;

  RunKind kind_;
  PredictionOptions options_;
  Basis basis_;
  measure::ComputeModel compute_;
  Cost node_, link_;
  measure::Cluster cluster_;
  std::vector<measure::GradientArrival> arrivals_;
};

}  // namespace dtrain::launch
