// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/hardware_probe.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <time.h>  // NOLINT(modernize-deprecated-headers): POSIX clocks

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include "measure/fma_loop.hpp"

namespace dtrain::measure {
namespace {

using kernels::cpu::InstructionSet;

double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

TEST(FmaLoop, EveryInstructionSetComputesItsChains) {
  // With factor 1 and summand 0 a chain keeps its start: the sum does not depend on the iterations.
  for (const InstructionSet set :
       {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512}) {
    if (!is_supported(set)) continue;
    const FmaLoop loop = fma_loop(set);
    EXPECT_GT(loop.run(0), 0.0f);
    EXPECT_EQ(loop.run(0), loop.run(1000)) << to_string(set);
  }
}

TEST(HardwareProbe, MeasuresAPlausiblePeak) {
  const double gflops = measure_fma_gflops(1, 0.02);
  EXPECT_GT(gflops, 0.5);
  EXPECT_LT(gflops, 2000.0);
}

TEST(HardwareProbe, WiderVectorsAreNotSlower) {
  if (!is_supported(InstructionSet::avx2)) GTEST_SKIP() << "no AVX2 on this machine";
  // Of this thread's own time: that of others, on a busy machine, does not count.
  const auto seconds_per_flop = [](const FmaLoop& loop) {
    const double begin = thread_seconds();
    EXPECT_GT(loop.run(20000), 0.0f);
    return (thread_seconds() - begin) / static_cast<double>(loop.flops_per_iteration);
  };
  // The fastest of many: a neighbour on the same core may slow the first ones, not seconds of them.
  double wide = 1e9, narrow = 1e9;
  for (int round = 0; round < 50 || (wide >= narrow && round < 5000); ++round) {
    wide = std::min(wide, seconds_per_flop(fma_loop(InstructionSet::avx2)));
    narrow = std::min(narrow, seconds_per_flop(fma_loop(InstructionSet::baseline)));
  }
  EXPECT_LT(wide, narrow);
}

TEST(Process, PeakMemoryGrowsWithUse) {
  const std::int64_t before = peak_rss_bytes();
  ASSERT_GT(before, 0);
  constexpr std::size_t more = 256 << 20;
  std::vector<char> block(static_cast<std::size_t>(before) + more);
  std::memset(block.data(), 1, block.size());
  EXPECT_GE(peak_rss_bytes(), before + static_cast<std::int64_t>(more) / 2);
}

TEST(Process, KnowsWhenItStarted) {
  const double first = seconds_since_process_start();
  EXPECT_GE(first, -0.02);
  EXPECT_LT(first, 600.0);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_NEAR(seconds_since_process_start() - first, 0.05, 0.04);
}

}  // namespace
}  // namespace dtrain::measure
