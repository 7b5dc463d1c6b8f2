// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Sums the gradient arena over ranks, bucket by bucket, in the order in which backward finishes it.
// The arena is filled from its start (last layer) to its end (riders), so a bucket is a slice and
// is full when everything up to its end is ready.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/detail_sink.hpp"
#include "base/progress_slot.hpp"
#include "base/span_sink.hpp"
#include "comm/collective.hpp"
#include "comm/progress_thread.hpp"

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

struct ReducerOptions {
  bool overlap = false;   ///< full buckets are summed while backward goes on
  bool compress = false;  ///< gradients travel between nodes as bf16
  bool shard = false;     ///< each rank receives and updates only its slice of every bucket
  /// Each rank keeps the gradients of its shards of a batch apart, as addends that lie `addend_stride`
  /// floats one behind the other, and their sum is exact. Not with compress.
  std::optional<ExactSum> exact = std::nullopt;
  std::size_t addend_stride = 0;
  DetailSink* details = nullptr;  ///< told of each bucket's sum; may be null
};

class GradientReducer {
 public:
  /// `device`: whose memory it is. `arena`: `trainable` floats of gradients, then what is always
  /// summed exactly and for all ranks (statistics, riders). `arena` is memory of `collective`; they
  /// outlive the reducer, as do the slots of `progress`.
  GradientReducer(Collective& collective, kernels::Device& device, std::span<float> arena,
                  std::int64_t trainable, std::vector<GradientBucket> buckets,
                  const ReducerOptions& options, SpanSink& spans, RankProgress progress = {});

  /// With shard and without exact sums: calls `hook` in each step when the sums of owned() are known
  /// and what follows the gradients is about to be summed, in the thread that sums. What it changes
  /// there, this rank tells all ranks.
  void before_rest(std::function<void(kernels::Stream&)> hook) { before_rest_ = std::move(hook); }
  /// With exact sums, before a step: how many addends this rank has in it.
  void set_addends(int count) { addends_ = count; }
  /// Everything before `end` is complete on this rank. `end` never falls within a step.
  /// Starts the buckets that became full, where communication overlaps with backward.
  void mark_ready(std::int64_t end, kernels::Stream& stream);
  /// What the stream is given from here on finds in owned() and what follows the gradients the sum
  /// over ranks. Marks what is left as ready.
  void finish(kernels::Stream& stream);

  /// Forgets what compression has yet to send: it is from a sum that nobody applies.
  void forget_residual();

  /// Slices of the gradients that this rank updates: all of them, or its slice of each bucket.
  std::span<const GradientBucket> owned() const { return owned_; }
  /// After the update, where each rank updates only its slices: gives every rank all of `values`,
  /// which are laid out like the arena and also memory of the collective.
  void share(std::span<float> values, kernels::Stream& stream);

  std::span<const GradientBucket> buckets() const { return buckets_; }
  /// How long the sums of the last step took, whether backward went on meanwhile or not; where they
  /// are only enqueued, how long that took.
  double communication_seconds() const { return communication_seconds_; }

 private:
  void start(std::size_t index, kernels::Stream& stream);
  void reduce(std::size_t index, kernels::Stream& stream);
  /// The bucket's gradients, without what follows them.
  std::span<float> gradients_of(const GradientBucket& bucket, std::span<float> arena) const;

  Collective& collective_;
  std::span<float> arena_;
  std::size_t trainable_;
  std::vector<GradientBucket> buckets_, owned_;
  const ReducerOptions options_;
  SpanSink& spans_;
  std::function<void(kernels::Stream&)> before_rest_;
  const RankProgress progress_;
  std::vector<float> residual_;  ///< what compression has yet to send
  int addends_ = 1;
  std::int64_t ready_ = 0;   ///< floats from the start that are complete on this rank
  std::size_t started_ = 0;  ///< buckets whose sums have begun
  double communication_seconds_ = 0;
  // With overlap: the sums' own stream, where a bucket waits until it is full, and the thread that
  // calls what blocks.
  std::unique_ptr<kernels::Stream> beside_;
  std::vector<std::unique_ptr<kernels::Event>> full_;  ///< one per bucket
  std::unique_ptr<kernels::Event> done_;
  std::unique_ptr<ProgressThread> thread_;  ///< ends before all else
};

}  // namespace dtrain::comm
