// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "base/cores.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

namespace dtrain {
namespace {

TEST(Cores, AreThoseOfTheAffinityMask) {
  EXPECT_EQ(static_cast<std::size_t>(available_cores()), core_numbers().size());
  std::thread([] {  // a mask belongs to a thread
    const int last = core_numbers().back();
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(last, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(available_cores(), 1);
    EXPECT_EQ(core_numbers(), std::vector<int>{last});
  })
      .join();
}

}  // namespace
}  // namespace dtrain
