// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/watchdog.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>

#include "base/stopwatch.hpp"
#include "tests/support/run_ranks.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dtrain::measure {
namespace {

constexpr double timeout = 0.5;

/// What the watchdogs of a job said.
struct Heard {
  std::mutex mutex;
  std::vector<HangReport> reports;
  std::atomic<int> ends{0};

  WatchdogOptions options() {
    return {.timeout_seconds = timeout,
            .on_hang =
                [this](const HangReport& report) {
                  const std::lock_guard lock(mutex);
                  reports.push_back(report);
                },
            .on_end = [this] { ++ends; }};
  }
};

void sleep_seconds(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

TEST(Watchdog, ReportsAHangOnceAndEndsOnAllRanks) {
  Heard heard;
  test::run_ranks(3, [&](comm::Communicator& communicator) {
    Watchdog watchdog(communicator, heard.options());
    ProgressSlot slot(watchdog.main());
    begin_step(&slot, 4);
    const ScopedPlace place(&slot, communicator.rank() == 1 ? Place::loader : Place::bucket, 1);
    const Stopwatch watch;
    while (heard.ends < 3 && watch.seconds() < 20) sleep_seconds(0.01);
    communicator.barrier();
  });
  EXPECT_EQ(heard.ends, 3);
  ASSERT_EQ(heard.reports.size(), 1u);
  EXPECT_THAT(heard.reports[0].missing, testing::ElementsAre(1));
  EXPECT_THAT(heard.reports[0].text, testing::HasSubstr("in the loader, step 4"));
}

TEST(Watchdog, ARankThatMovesKeepsTheOthersWell) {
  Heard heard;
  test::run_ranks(3, [&](comm::Communicator& communicator) {
    Watchdog watchdog(communicator, heard.options());
    ProgressSlot slot(watchdog.main());
    const ScopedActivity activity(&slot, Activity::evaluation, 4);
    const Stopwatch watch;
    if (communicator.rank() == 2) {
      while (watch.seconds() < 4 * timeout) {
        const ScopedPlace place(&slot, Place::forward);
        sleep_seconds(timeout / 10);
      }
    }
    const ScopedPlace place(&slot, Place::all_gather);
    communicator.barrier();
  });
  EXPECT_EQ(heard.ends, 0);
  EXPECT_TRUE(heard.reports.empty());
}

TEST(Watchdog, OneRankAlone) {
  Heard heard;
  const auto communicator = comm::make_self_communicator();
  Watchdog watchdog(*communicator, heard.options());
  const TemporaryFolder folder;
  EXPECT_TRUE(watchdog.meet_in(folder.path() / "meeting"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "one node meets nobody";
  const Stopwatch watch;
  while (heard.ends == 0 && watch.seconds() < 20) sleep_seconds(0.01);
  ASSERT_EQ(heard.reports.size(), 1u);
  EXPECT_THAT(heard.reports[0].missing, testing::ElementsAre(0));
}

}  // namespace
}  // namespace dtrain::measure
