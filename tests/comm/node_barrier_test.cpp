// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/node/node_barrier.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace dtrain::comm {
namespace {

/// `rounds` times every rank writes, meets the others and reads what they wrote; rank 0 is now and
/// then late by `delay`.
void meet(int ranks, Waiting waiting, int rounds, std::chrono::milliseconds delay) {
  auto groups = make_thread_node_groups(ranks);
  std::vector<int> written(static_cast<std::size_t>(ranks) * 16);  // a cache line each
  std::vector<std::thread> threads;
  for (auto& group : groups)
    threads.emplace_back([&, group = group.get()] {
      NodeBarrier barrier(*group, waiting);
      const auto mine = static_cast<std::size_t>(group->rank()) * 16;
      for (int round = 1; round <= rounds; ++round) {
        if (group->rank() == 0 && round % 100 == 1) std::this_thread::sleep_for(delay);
        written[mine] = round;
        barrier.arrive_and_wait();
        for (std::size_t other = 0; other < written.size(); other += 16)
          ASSERT_EQ(written[other], round);
        barrier.arrive_and_wait();
      }
    });
  for (std::thread& thread : threads) thread.join();
}

TEST(NodeBarrier, RanksThatSleepSeeWhatTheOthersWrote) {
  for (const int ranks : {1, 2, 3, 8})
    meet(ranks, Waiting::sleep, 300, std::chrono::milliseconds(5));
}

// 20 ms is longer than a rank looks before it sleeps.
TEST(NodeBarrier, RanksThatLookSeeWhatTheOthersWrote) {
  for (const int ranks : {1, 2, 3}) meet(ranks, Waiting::spin, 300, std::chrono::milliseconds(20));
}

}  // namespace
}  // namespace dtrain::comm
