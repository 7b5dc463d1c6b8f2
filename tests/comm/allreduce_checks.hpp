// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What every allreduce algorithm must do over any Transport, checked against plain sums.
// Collective: call on all ranks.

#include <gtest/gtest.h>

#include <algorithm>

#include "comm/allreduce/algorithms.hpp"
#include "tests/comm/communicator_checks.hpp"

namespace dtrain::comm {

inline std::vector<float> elements_of(int rank, std::size_t size) {
  std::vector<float> data(size);
  for (std::size_t i = 0; i < size; ++i) data[i] = element<float>(rank, i);
  return data;
}

/// 0, 1, odd, around the number of ranks and of cache lines for all of them, large.
inline std::vector<std::size_t> sizes_for(int ranks) {
  const auto some = static_cast<std::size_t>(ranks), lines = 16 * some;
  return {0,  1,         2,     3,         some - 1, some, some + 1, 15,
          16, lines - 1, lines, lines + 1, 37,       1001, 4096,     100003};
}

inline void check_sums(Transport& transport, const AllreduceAlgorithm& algorithm) {
  Workspace workspace;
  for (const std::size_t size : sizes_for(transport.size())) {
    auto data = elements_of(transport.rank(), size);
    algorithm.run(transport, data, workspace);
    for (std::size_t i = 0; i < size; ++i)
      ASSERT_EQ(data[i], expected<float>(ReduceOp::sum, transport.size(), i))
          << algorithm.name << ", element " << i << " of " << size;
  }
}

/// Sums whose last bits depend on the order: all ranks must still get the same bits.
inline void check_same_bits(Transport& transport, const AllreduceAlgorithm& algorithm) {
  const int ranks = transport.size(), rank = transport.rank();
  Workspace workspace;
  for (const std::size_t size : sizes_for(ranks)) {
    std::vector<float> data(size), neighbours(size);
    for (std::size_t i = 0; i < size; ++i)
      data[i] = 1.0f / static_cast<float>(i + 3 * static_cast<std::size_t>(rank) + 1);
    algorithm.run(transport, data, workspace);
    transport.exchange((rank + 1) % ranks, std::as_bytes(std::span(data)),
                       (rank + ranks - 1) % ranks, std::as_writable_bytes(std::span(neighbours)));
    ASSERT_TRUE(
        std::ranges::equal(std::as_bytes(std::span(data)), std::as_bytes(std::span(neighbours))))
        << algorithm.name << ", " << size << " floats";
  }
}

inline void check_allreduce_algorithms(Transport& transport) {
  for (const AllreduceAlgorithm& algorithm : allreduce_algorithms()) {
    check_sums(transport, algorithm);
    check_same_bits(transport, algorithm);
  }
}

}  // namespace dtrain::comm
