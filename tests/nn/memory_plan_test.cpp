// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/memory_plan.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"

namespace dtrain::nn {
namespace {

TEST(MemoryPlan, BuffersThatFollowEachOtherShareMemory) {
  const MemoryPlan plan = plan_memory({{100, 0, 1}, {100, 2, 3}, {64, 4, 4}});
  EXPECT_EQ(plan.offsets, (std::vector<std::size_t>{0, 0, 0}));
  EXPECT_EQ(plan.total_bytes, 128u);
}

TEST(MemoryPlan, FillsGaps) {
  // The last one fits beside the second while the first is gone.
  const MemoryPlan plan = plan_memory({{256, 0, 1}, {128, 1, 3}, {192, 2, 3}});
  EXPECT_EQ(plan.total_bytes, 384u);
  EXPECT_EQ(plan.offsets[2], 0u);
}

TEST(MemoryPlan, NothingTakesNothing) {
  EXPECT_EQ(plan_memory({}).total_bytes, 0u);
}

TEST(MemoryPlan, NeverOverlapsWhatLivesTogether) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Rng rng(seed, RngPurpose::synthetic, 0);
    std::vector<BufferLifetime> buffers;
    std::size_t sum = 0;
    for (std::uint64_t count = rng.below(60); count > 0; --count) {
      const int first = static_cast<int>(rng.below(30));
      buffers.push_back({rng.below(1000), first, first + static_cast<int>(rng.below(10))});
      sum += buffers.back().bytes + 64;
    }
    const MemoryPlan plan = plan_memory(buffers);
    EXPECT_LE(plan.total_bytes, sum);
    for (std::size_t i = 0; i < buffers.size(); ++i) {
      EXPECT_EQ(plan.offsets[i] % 64, 0u);
      EXPECT_LE(plan.offsets[i] + buffers[i].bytes, plan.total_bytes);
      for (std::size_t j = 0; j < i; ++j) {
        const bool together =
            buffers[i].first <= buffers[j].last && buffers[j].first <= buffers[i].last;
        const bool apart = plan.offsets[i] + buffers[i].bytes <= plan.offsets[j] ||
                           plan.offsets[j] + buffers[j].bytes <= plan.offsets[i];
        EXPECT_TRUE(!together || apart || buffers[i].bytes == 0 || buffers[j].bytes == 0);
      }
    }
  }
}

}  // namespace
}  // namespace dtrain::nn
