// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/gradient_reducer.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/stopwatch.hpp"

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

GradientReducer::GradientReducer(Collective& collective, kernels::Device& device,
                                 std::span<float> arena, std::int64_t trainable,
                                 std::vector<GradientBucket> buckets, const ReducerOptions& options,
                                 SpanSink& spans, RankProgress progress)
    : collective_(collective),
      arena_(arena),
      trainable_(static_cast<std::size_t>(trainable)),
      buckets_(std::move(buckets)),
      options_(options),
      spans_(spans),
      progress_(progress),
      residual_(options.compress ? trainable_ : 0) {
  DTRAIN_ASSERT(!(options_.exact && options_.compress));
  std::int64_t end = 0;
  for (const GradientBucket& bucket : buckets_) {
    DTRAIN_ASSERT(bucket.begin == end && bucket.begin < bucket.end);
    end = bucket.end;
  }
  DTRAIN_ASSERT(end == static_cast<std::int64_t>(arena_.size()));

  if (options_.overlap) {
    beside_ = device.make_stream(kernels::StreamPriority::urgent);
    done_ = device.make_event();
    for (std::size_t i = 0; i < buckets_.size(); ++i) full_.push_back(device.make_event());
    if (!collective_.only_enqueues()) thread_ = std::make_unique<ProgressThread>();
  }
  if (!options_.shard) owned_.push_back({0, trainable});
  for (const GradientBucket& bucket : buckets_) {
    if (!options_.shard) break;
    const Range mine = collective_.owned(gradients_of(bucket, arena_).size());
    if (mine.empty()) continue;
    owned_.push_back({bucket.begin + static_cast<std::int64_t>(mine.begin),
                      bucket.begin + static_cast<std::int64_t>(mine.end)});
  }
}

std::span<float> GradientReducer::gradients_of(const GradientBucket& bucket,
                                               std::span<float> arena) const {
  const auto begin = static_cast<std::size_t>(bucket.begin);
  return arena.subspan(begin, std::min(static_cast<std::size_t>(bucket.end), trainable_) - begin);
}

void GradientReducer::reduce(std::size_t index, kernels::Stream& stream) {
  const ScopedPlace place(thread_ ? progress_.sums : progress_.main, Place::bucket, index + 1);
  const Stopwatch watch;
  const ScopedDetail detail(options_.details, "sum", "bucket");
  const GradientBucket& bucket = buckets_[index];
  const auto whole = arena_.subspan(static_cast<std::size_t>(bucket.begin),
                                    static_cast<std::size_t>(bucket.end - bucket.begin));
  if (options_.exact) {
    collective_.allreduce_exactly(whole, {addends_, options_.addend_stride}, *options_.exact,
                                  stream);
  } else if (!options_.compress && !options_.shard) {
    collective_.allreduce(whole, {}, stream);
  } else {
    const auto gradients = gradients_of(bucket, arena_);
    const auto residual = options_.compress ? gradients_of(bucket, residual_) : std::span<float>();
    if (options_.shard)
      collective_.reduce_scatter(gradients, residual, stream);
    else
      collective_.allreduce(gradients, residual, stream);
    const auto rest = whole.subspan(gradients.size());
    if (!rest.empty() && options_.shard && before_rest_) before_rest_(stream);
    if (!rest.empty()) collective_.allreduce(rest, {}, stream);
  }
  communication_seconds_ += watch.seconds();
}

// Of a full bucket, beside what `stream` is given next.
void GradientReducer::start(std::size_t index, kernels::Stream& stream) {
  stream.record(*full_[index]);
  const auto sum = [this, index] {
    beside_->wait(*full_[index]);
    reduce(index, *beside_);
  };
  if (thread_)
    thread_->post(sum);
  else
    sum();
}

void GradientReducer::mark_ready(std::int64_t end, kernels::Stream& stream) {
  DTRAIN_ASSERT(end >= ready_ && end <= static_cast<std::int64_t>(arena_.size()));
  if (ready_ == 0) communication_seconds_ = 0;
  ready_ = end;
  if (!options_.overlap) return;
  for (; started_ < buckets_.size() && buckets_[started_].end <= ready_; ++started_)
    start(started_, stream);
}

void GradientReducer::finish(kernels::Stream& stream) {
  const ScopedSpan span(spans_, Phase::comm_exposed, "allreduce");
  mark_ready(static_cast<std::int64_t>(arena_.size()), stream);
  if (thread_) {
    const ScopedPlace place(progress_.main, Place::own_thread);
    thread_->wait();
  }
  if (options_.overlap) {
    beside_->record(*done_);
    stream.wait(*done_);
  } else {
    for (std::size_t index = 0; index < buckets_.size(); ++index) reduce(index, stream);
  }
  ready_ = 0;
  started_ = 0;
}

void GradientReducer::forget_residual() {
  std::ranges::fill(residual_, 0.0f);
}

void GradientReducer::share(std::span<float> values, kernels::Stream& stream) {
  if (!options_.shard) return;
  const ScopedSpan span(spans_, Phase::comm_exposed, "share values");
  const ScopedPlace place(progress_.main, Place::share);
  for (const GradientBucket& bucket : buckets_)
    collective_.all_gather(gradients_of(bucket, values), stream);
}

}  // namespace dtrain::comm
