// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Sums the gradient arena over ranks, bucket by bucket, in the order in which backward finishes it.
// The arena is filled from its start (last layer) to its end (riders), so a bucket is a slice and
// is full when everything up to its end is ready.

#include <cstdint>
#include <span>
#include <vector>

#include "base/span_sink.hpp"
#include "comm/communicator.hpp"

namespace dtrain::comm {

struct GradientBucket {
  std::int64_t begin = 0;  ///< floats from the start of the arena
  std::int64_t end = 0;
};

/// Cuts [0, total) at parameter ends so that each bucket has at least `bucket_floats`. The last one
/// is what is left, with at least one parameter in it: statistics and riders alone are no message
/// of their own. `parameter_ends`: of the trainable parameters, ascending.
std::vector<GradientBucket> plan_buckets(std::span<const std::int64_t> parameter_ends,
                                         std::int64_t total, std::int64_t bucket_floats);

class GradientReducer {
 public:
  /// `arena` and `communicator` outlive the reducer.
  GradientReducer(Communicator& communicator, std::span<float> arena,
                  std::vector<GradientBucket> buckets, SpanSink& spans);

  /// Everything before `end` holds this rank's part of the sum. `end` never falls within a step.
  /// An engine that overlaps communication with backward starts the buckets that became full here;
  /// this one sums them all in finish().
  void mark_ready(std::int64_t end, kernels::Stream& stream);
  /// Returns when the whole arena holds the sum over ranks. Marks what is left as ready.
  void finish(kernels::Stream& stream);

  std::span<const GradientBucket> buckets() const { return buckets_; }

 private:
  Communicator& communicator_;
  std::span<float> arena_;
  std::vector<GradientBucket> buckets_;
  SpanSink& spans_;
  std::int64_t ready_ = 0;  ///< floats from the start that hold this rank's part
};

}  // namespace dtrain::comm
