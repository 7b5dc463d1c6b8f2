// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/gradient_reducer.hpp"

#include "base/assert.hpp"

namespace dtrain::comm {

std::vector<GradientBucket> plan_buckets(std::span<const std::int64_t> parameter_ends,
                                         std::int64_t total, std::int64_t bucket_floats) {
  std::vector<GradientBucket> buckets;
  std::int64_t begin = 0;
  for (std::size_t i = 0; i + 1 < parameter_ends.size(); ++i) {
    const std::int64_t end = parameter_ends[i];
    if (end - begin < bucket_floats) continue;
    buckets.push_back({begin, end});
    begin = end;
  }
  if (begin < total) buckets.push_back({begin, total});
  return buckets;
}

GradientReducer::GradientReducer(Communicator& communicator, std::span<float> arena,
                                 std::vector<GradientBucket> buckets, SpanSink& spans)
    : communicator_(communicator), arena_(arena), buckets_(std::move(buckets)), spans_(spans) {
  std::int64_t end = 0;
  for (const GradientBucket& bucket : buckets_) {
    DTRAIN_ASSERT(bucket.begin == end && bucket.begin < bucket.end);
    end = bucket.end;
  }
  DTRAIN_ASSERT(end == static_cast<std::int64_t>(arena_.size()));
}

void GradientReducer::mark_ready(std::int64_t end, kernels::Stream&) {
  DTRAIN_ASSERT(end >= ready_ && end <= static_cast<std::int64_t>(arena_.size()));
  ready_ = end;
}

void GradientReducer::finish(kernels::Stream& stream) {
  const ScopedSpan span(spans_, Phase::comm_exposed, "allreduce");
  if (communicator_.size() > 1) {
    for (const GradientBucket& bucket : buckets_)
      communicator_.allreduce(arena_.subspan(static_cast<std::size_t>(bucket.begin),
                                             static_cast<std::size_t>(bucket.end - bucket.begin)),
                              ReduceOp::sum, stream);
  }
  ready_ = 0;
}

}  // namespace dtrain::comm
