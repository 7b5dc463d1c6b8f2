// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <functional>
#include <numeric>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/comm/collective_checks.hpp"

namespace dtrain::comm {

/// Runs `rank_main` on nodes with so many ranks each, every rank a thread.
inline void run_nodes(const std::vector<int>& ranks_of_node, std::string_view across,
                      const std::function<void(const CollectiveRank&)>& rank_main) {
  const int size = std::accumulate(ranks_of_node.begin(), ranks_of_node.end(), 0);
  const auto factories = thread_node_collectives(ranks_of_node, across);
  std::vector<std::thread> threads;
  for (const CollectiveFactory& make : factories)
    threads.emplace_back([&, rank = static_cast<int>(threads.size())] {
      const auto collective = make();
      rank_main({rank, size, *collective});
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace dtrain::comm
