// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Allreduce over messages: the textbook algorithms, one file each, as a table
// (docs/collectives.md).

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "comm/range.hpp"
#include "comm/transport.hpp"

namespace dtrain::comm {

/// Scratch memory that grows to what an algorithm needs on its first call and is kept, so that
/// later calls allocate nothing.
using Workspace = std::vector<float>;

struct AllreduceAlgorithm {
  std::string_view name;
  /// Sums `data` over the ranks in place. All ranks receive the same bits. Any number of ranks, any
  /// size.
  void (*run)(Transport&, std::span<float> data, Workspace&);
  /// Exchanges that a rank makes one after the other, at most.
  int (*steps)(int ranks);
  /// The most bytes that any one rank sends to sum `bytes`, where they divide into even slices; else
  /// up to a cache line more per step. Zero, like steps, where only the library knows.
  std::int64_t (*bytes)(int ranks, std::int64_t bytes);
};

/// mpi (the library's own), ring, recursive-doubling, rabenseifner.
std::span<const AllreduceAlgorithm> allreduce_algorithms();
/// Throws UsageError listing the names.
const AllreduceAlgorithm& allreduce_algorithm(std::string_view name);

/// The two halves of the ring. Between them rank r holds the sum of slice_of(data.size(), P, r); the
/// rest is unspecified.
void ring_reduce_scatter(Transport&, std::span<float> data, Workspace&);
void ring_all_gather(Transport&, std::span<float> data);

}  // namespace dtrain::comm
