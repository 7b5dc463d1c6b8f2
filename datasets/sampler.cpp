// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/sampler.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include "base/assert.hpp"
#include "base/rng.hpp"

namespace dtrain::datasets {
namespace {

/// Fisher-Yates.
void shuffle(std::span<std::int64_t> values, Rng& rng) {
  for (std::size_t left = values.size(); left > 1; --left)
    std::swap(values[left - 1], values[rng.below(left)]);
}

}  // namespace

Range partition(std::int64_t n, std::int64_t part, std::int64_t parts) {
  DTRAIN_ASSERT(n >= 0 && part >= 0 && part < parts);
  return {part * n / parts, (part + 1) * n / parts};
}

std::vector<Range> plan_passes(std::int64_t n, int rank, int ranks, std::int64_t shards,
                               std::int64_t micro_batch) {
  DTRAIN_ASSERT(shards >= 0 && micro_batch >= 0);
  std::vector<Range> passes;
  if (shards > 0) {
    const Range own = partition(shards, rank, ranks);
    for (std::int64_t shard = own.begin; shard < own.end; ++shard)
      passes.push_back(partition(n, shard, shards));
  } else {
    const Range own = partition(n, rank, ranks);
    const std::int64_t step = micro_batch > 0 ? micro_batch : std::max<std::int64_t>(n, 1);
    for (std::int64_t begin = own.begin; begin < own.end; begin += step)
      passes.push_back({begin, std::min(begin + step, own.end)});
  }
  std::erase_if(passes, [](const Range& pass) { return pass.size() == 0; });
  return passes;
}

Sampler::Sampler(std::int64_t size, std::int64_t chunk_samples, std::uint64_t seed)
    : size_(size), chunk_samples_(chunk_samples), seed_(seed) {
  DTRAIN_ASSERT(size >= 0 && chunk_samples > 0);
}

std::int64_t Sampler::window_samples(std::int64_t chunk_samples) {
  constexpr std::int64_t most_chunks = 1024, most_samples = 65536;
  return chunk_samples * std::clamp<std::int64_t>(most_samples / chunk_samples, 1, most_chunks);
}

std::vector<std::int64_t> Sampler::epoch_order(std::int64_t epoch) const {
  Rng rng(seed_, RngPurpose::shuffle, 0, static_cast<std::uint32_t>(epoch));
  std::vector<std::int64_t> order(static_cast<std::size_t>(size_));
  const std::int64_t window = window_samples(chunk_samples_);
  if (size_ <= window || chunk_samples_ == 1) {
    std::iota(order.begin(), order.end(), std::int64_t{0});
    shuffle(order, rng);
    return order;
  }

  std::vector<std::int64_t> chunks(
      static_cast<std::size_t>((size_ + chunk_samples_ - 1) / chunk_samples_));
  std::iota(chunks.begin(), chunks.end(), std::int64_t{0});
  shuffle(chunks, rng);
  auto end = order.begin();
  for (std::int64_t chunk : chunks) {
    const auto begin = end;
    end += std::min(chunk_samples_, size_ - chunk * chunk_samples_);
    std::iota(begin, end, chunk * chunk_samples_);
  }
  for (std::int64_t begin = 0; begin < size_; begin += window)
    shuffle(std::span(order).subspan(static_cast<std::size_t>(begin),
                                     static_cast<std::size_t>(std::min(window, size_ - begin))),
            rng);
  return order;
}

}  // namespace dtrain::datasets
