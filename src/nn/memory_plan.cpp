// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/memory_plan.hpp"

#include <algorithm>
#include <numeric>

namespace dtrain::nn {
namespace {

std::size_t aligned(std::size_t bytes) {
  return (bytes + 63) / 64 * 64;
}

}  // namespace

MemoryPlan plan_memory(const std::vector<BufferLifetime>& buffers) {
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, [&](std::size_t a, std::size_t b) { return buffers[a].bytes > buffers[b].bytes; });

  MemoryPlan plan;
  plan.offsets.resize(buffers.size());
  std::vector<std::size_t> placed;  // by offset
  for (std::size_t index : order) {
    const BufferLifetime& buffer = buffers[index];
    std::size_t offset = 0;
    for (std::size_t other : placed) {
      const bool meets = buffers[other].first <= buffer.last && buffer.first <= buffers[other].last;
      if (!meets) continue;
      if (plan.offsets[other] >= offset + buffer.bytes) break;  // the gap before `other` is enough
      offset = std::max(offset, aligned(plan.offsets[other] + buffers[other].bytes));
    }
    plan.offsets[index] = offset;
    plan.total_bytes = std::max(plan.total_bytes, aligned(offset + buffer.bytes));
    placed.insert(std::ranges::upper_bound(placed, offset, {},
                                           [&](std::size_t other) { return plan.offsets[other]; }),
                  index);
  }
  return plan;
}

}  // namespace dtrain::nn
