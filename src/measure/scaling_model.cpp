// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/scaling_model.hpp"

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"
#include "comm/allreduce/algorithms.hpp"
#include "comm/gradient_reducer.hpp"

namespace dtrain::measure {

ComputeModel::ComputeModel(std::span<const ComputeMeasurement> measurements) {
  DTRAIN_ASSERT(!measurements.empty());
  const auto count = static_cast<double>(measurements.size());
  std::vector<TransferMeasurement> work;  // the same line: samples for bytes
  for (const auto& [samples, time] : measurements) {
    const double passes = time.forward + time.backward;
    work.push_back({samples, passes});
    backward_share_ += time.backward / passes / count;
    optimizer_ += time.optimizer / count;
  }
  is_proportional_ = std::ranges::all_of(
      work, [&](const TransferMeasurement& one) { return one.bytes == work.front().bytes; });
  if (is_proportional_) {
    for (const auto& [samples, seconds] : work) per_sample_ += seconds / samples / count;
  } else {
    const LatencyBandwidthFit line = fit_latency_bandwidth(work);
    fixed_ = line.latency_seconds;
    per_sample_ = line.seconds_per_byte;
  }
}

ComputeTime ComputeModel::at(double samples) const {
  const double passes = fixed_ + samples * per_sample_;
  return {(1 - backward_share_) * passes, backward_share_ * passes, optimizer_};
}

SumTime predict_sum(const Cluster& cluster, std::int64_t nodes, double bytes,
                    std::string_view across) {
  SumTime sum;
  if (cluster.ranks_per_node > 1)
    sum.seconds = cluster.node.latency_seconds + bytes * cluster.node.seconds_per_byte;
  if (nodes == 1) return sum;
  // Ranks with equal slices sum them side by side: together they put through a node's link what one
  // rank would with the whole array, and wait for as many steps.
  const auto count = static_cast<int>(nodes);
  double least = 0;
  for (const comm::AllreduceAlgorithm& algorithm : comm::allreduce_algorithms()) {
    const int steps = algorithm.steps(count);
    if (steps == 0 || (!across.empty() && across != algorithm.name)) continue;
    const auto sent = static_cast<double>(algorithm.bytes(count, std::llround(bytes)));
    const double seconds =
        steps * cluster.link.latency_seconds + sent * cluster.link.seconds_per_byte;
    if (!sum.across.empty() && seconds >= least) continue;
    least = seconds;
    sum.across = algorithm.name;
  }
  DTRAIN_ASSERT(!sum.across.empty());
  sum.seconds += least;
  return sum;
}

std::vector<BucketArrival> plan_arrivals(std::span<const GradientArrival> arrivals,
                                         double bucket_mb) {
  std::vector<std::int64_t> ends;
  for (const GradientArrival& arrival : arrivals) ends.push_back(arrival.floats);
  std::vector<BucketArrival> buckets;
  for (const comm::GradientBucket& bucket : comm::plan_buckets(
           ends, ends.empty() ? 0 : ends.back(), std::llround(bucket_mb * 1e6 / sizeof(float)))) {
    const auto complete = std::ranges::find(arrivals, bucket.end, &GradientArrival::floats);
    buckets.push_back(
        {static_cast<double>(bucket.end - bucket.begin) * sizeof(float), complete->share});
  }
  return buckets;
}

StepPrediction predict_step(const ComputeTime& compute, std::span<const BucketArrival> buckets,
                            const std::function<double(double bytes)>& sum_seconds, bool overlap) {
  StepPrediction step;
  double free_at = 0;  // since backward began: when the sums so far are done
  for (const BucketArrival& bucket : buckets) {
    const double ready_at = compute.backward * (overlap ? bucket.share : 1);
    const double seconds = sum_seconds(bucket.bytes);
    free_at = std::max(free_at, ready_at) + seconds;
    step.sum_seconds += seconds;
  }
  step.exposed_seconds = std::max(0.0, free_at - compute.backward);
  step.seconds = compute.total() + step.exposed_seconds;
  return step;
}

}  // namespace dtrain::measure
