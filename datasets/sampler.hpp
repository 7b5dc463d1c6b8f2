// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstdint>
#include <vector>

namespace dtrain::datasets {

/// Half-open range of positions in an epoch's order, or of samples in a batch.
struct Range {
  std::int64_t begin = 0, end = 0;
  std::int64_t size() const { return end - begin; }
  bool operator==(const Range&) const = default;
};

/// Part i of [0, n) cut into `parts`: [i*n/parts, (i+1)*n/parts). Ranks of a batch and shards of a
/// batch are both cut so.
Range partition(std::int64_t n, std::int64_t part, std::int64_t parts);

/// The passes of rank `rank` of `ranks` through a batch of n samples (contract: Batches).
/// shards == 0: the rank's partition of the batch, cut into pieces of at most `micro_batch` (0:
/// whole). shards  > 0: the rank's whole consecutive shards, one pass each. A pass may be empty (it
/// is then left out).
std::vector<Range> plan_passes(std::int64_t n, int rank, int ranks, std::int64_t shards,
                               std::int64_t micro_batch);

/// The order in which an epoch visits the samples: a function of (seed, epoch, size, chunk) alone,
/// the same at any number of ranks, streamed or in memory. Every sample appears exactly once.
///
/// Chunks are permuted; then samples are permuted within windows of the resulting order, so that
/// streaming holds one window in memory and reads each chunk about once. A split that fits one
/// window is permuted as a whole.
class Sampler {
 public:
  Sampler(std::int64_t size, std::int64_t chunk_samples, std::uint64_t seed);

  /// Sample ids in the order of training epoch `epoch` (counted from 0).
  std::vector<std::int64_t> epoch_order(std::int64_t epoch) const;

  /// Positions [w * window, (w + 1) * window) of an epoch's order are shuffled among themselves. A
  /// whole number of chunks: 1024 of them, fewer where that is more than 65536 samples.
  static std::int64_t window_samples(std::int64_t chunk_samples);

 private:
  std::int64_t size_, chunk_samples_;
  std::uint64_t seed_;
};

}  // namespace dtrain::datasets
