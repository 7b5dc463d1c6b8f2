// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstddef>
#include <vector>

namespace dtrain::nn {

/// A piece of memory that is in use from step `first` to step `last`, both included.
struct BufferLifetime {
  std::size_t bytes = 0;
  int first = 0, last = 0;
};

struct MemoryPlan {
  std::vector<std::size_t> offsets;  ///< bytes, one per buffer, multiples of 64
  std::size_t total_bytes = 0;
};

/// Places buffers in one block so that those in use at the same step never overlap: the largest
/// first, each at the lowest offset that is free during its life ("greedy by size", Y. Pisarchyk
/// and J. Lee, 2020).
MemoryPlan plan_memory(const std::vector<BufferLifetime>& buffers);

}  // namespace dtrain::nn
