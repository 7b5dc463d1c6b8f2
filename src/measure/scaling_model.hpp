// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// How long a training step takes on more nodes than there are: what a rank computes, as measured, and
// sums of gradients as formulas of the algorithms that are used (docs/predict.md derives them and says
// what is left out).

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "measure/scaling_fits.hpp"

namespace dtrain::measure {

/// What a rank does in a step but for waiting for sums, in seconds.
struct ComputeTime {
  double forward = 0;  ///< all before backward: data, forward, loss
  double backward = 0;
  double optimizer = 0;
  double total() const { return forward + backward + optimizer; }
};

struct ComputeMeasurement {
  double samples = 0;  ///< of one rank in the step
  ComputeTime time;
};

/// A rank's time for any number of samples. Forward and backward together take
/// fixed + samples · per_sample, fitted to relative errors; where one number of samples was measured,
/// fixed is 0. Backward's share of them and the optimizer's time are means.
class ComputeModel {
 public:
  /// One measurement or more; samples and times of forward and backward above 0.
  explicit ComputeModel(std::span<const ComputeMeasurement> measurements);

  ComputeTime at(double samples) const;
  double fixed_seconds() const { return fixed_; }
  double seconds_per_sample() const { return per_sample_; }
  double backward_share() const { return backward_share_; }
  bool is_proportional() const { return is_proportional_; }

 private:
  double fixed_ = 0, per_sample_ = 0, backward_share_ = 0, optimizer_ = 0;
  bool is_proportional_ = false;
};

/// What sums of gradients cross.
struct Cluster {
  std::int64_t ranks_per_node = 1;
  /// Of an array that the ranks of a node sum among themselves; unused with one rank to a node.
  LatencyBandwidthFit node;
  /// Of a message from node to node, while every node sends one and receives one.
  LatencyBandwidthFit link;
};

struct SumTime {
  double seconds = 0;
  std::string_view across;  ///< the algorithm between nodes; empty with one node
};

/// An array of `bytes`, summed over all ranks of so many full nodes: within each node, then by the
/// algorithm between nodes that takes least. `across`: the name of one of them, or empty for any whose
/// steps and bytes are known (comm/allreduce/algorithms.hpp).
SumTime predict_sum(const Cluster& cluster, std::int64_t nodes, double bytes,
                    std::string_view across = {});

/// What is ready when: at the `share` of backward's time the first `floats` of the gradient are.
struct GradientArrival {
  std::int64_t floats = 0;
  double share = 0;
};

/// A part of the gradient that is summed as one, and the share of backward at which it is complete.
struct BucketArrival {
  double bytes = 0, share = 0;
};

/// The reducer's buckets (comm::plan_buckets). `arrivals`: one for each parameter, in the order of
/// backward; both members ascend.
std::vector<BucketArrival> plan_arrivals(std::span<const GradientArrival> arrivals,
                                         double bucket_mb);

struct StepPrediction {
  double seconds = 0;
  double sum_seconds = 0;      ///< of all buckets
  double exposed_seconds = 0;  ///< of them, what backward does not hide
};

/// With overlap a thread of its own sums one bucket after the other, each once it is complete, while
/// backward goes on; without, backward comes first.
StepPrediction predict_step(const ComputeTime& compute, std::span<const BucketArrival> buckets,
                            const std::function<double(double bytes)>& sum_seconds, bool overlap);

}  // namespace dtrain::measure
