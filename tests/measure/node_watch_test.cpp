// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/node_watch.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>

namespace dtrain::measure {
namespace {

/// Three ranks of a node in one process, and the watchdog of each.
class NodeWatchTest : public testing::Test {
 protected:
  NodeWatchTest() {
    for (int rank = 0; rank < 3; ++rank) {
      auto& record = records_[static_cast<std::size_t>(rank)];
      record.rank = 4 + rank;
      record.pid = getpid();
      std::strcpy(record.host, "node7");
      record.main.write({Activity::training, Place::bucket, 1, 9});
    }
  }
  NodeWatch watch(int rank) { return {{&records_[0], &records_[1], &records_[2]}, rank}; }

  std::array<RankRecord, 3> records_{};
  const std::int64_t start_ms_ = progress_clock_ms();
};

TEST_F(NodeWatchTest, ANodeIsQuietWhileNoRankMoves) {
  NodeWatch watch = this->watch(1);
  std::int64_t now = start_ms_;
  for (int look = 0; look <= 10; ++look) watch.look(now += 1000);
  EXPECT_NEAR(watch.quiet_seconds(), 10, 1.1);
  records_[2].main.write({Activity::training, Place::bucket, 2, 9});
  watch.look(now += 1000);
  EXPECT_LE(watch.quiet_seconds(), 1);
  for (int look = 0; look < 5; ++look) watch.look(now += 1000);
  EXPECT_NEAR(watch.quiet_seconds(), 5, 1.1);
  records_[0].sums.write({Activity::absent, Place::bucket, 2, 0});
  watch.look(now += 1000);
  EXPECT_LE(watch.quiet_seconds(), 1);
}

TEST_F(NodeWatchTest, TimeInWhichTheWatchdogWasStoppedIsNotQuiet) {
  NodeWatch watch = this->watch(0);
  watch.look(start_ms_ + 1000);
  watch.look(start_ms_ + 3'600'000);  // a suspended job goes on
  EXPECT_LE(watch.quiet_seconds(), 4);
}

TEST_F(NodeWatchTest, TheLowestLivingWatchdogSpeaks) {
  NodeWatch first = watch(0), second = watch(1), third = watch(2);
  const auto look = [&](std::int64_t now, std::initializer_list<NodeWatch*> living) {
    for (NodeWatch* one : living) one->look(now);
  };
  look(start_ms_ + 1000, {&first, &second, &third});
  EXPECT_TRUE(first.speaks());
  EXPECT_FALSE(second.speaks());
  EXPECT_FALSE(third.speaks());
  for (int s = 2; s <= 6; ++s) look(start_ms_ + 1000 * s, {&second, &third});  // rank 0 is stopped
  EXPECT_TRUE(second.speaks());
  EXPECT_FALSE(third.speaks());
  const auto states = second.states();
  EXPECT_FALSE(states[0].answers);
  EXPECT_TRUE(states[1].answers && states[2].answers);
}

TEST_F(NodeWatchTest, SaysWhatItKnowsOfEachRank) {
  const pid_t child = fork();
  if (child == 0) {
    raise(SIGSTOP);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, WUNTRACED), child);
  records_[2].pid = child;
  NodeWatch watch = this->watch(0);
  for (auto& record : records_) record.heard_ms = start_ms_ + 4000;
  watch.look(start_ms_ + 5000);
  const auto states = watch.states();
  ASSERT_EQ(states.size(), 3u);
  EXPECT_EQ(states[1].rank, 5);
  EXPECT_EQ(states[1].host, "node7");
  EXPECT_EQ(states[1].main, (Position{Activity::training, Place::bucket, 1, 9}));
  EXPECT_NEAR(states[1].main_seconds, 5, 0.5);
  EXPECT_TRUE(states[1].answers);
  EXPECT_EQ(states[2].process_state, 'T');
  EXPECT_FALSE(states[2].answers);
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  records_[2].heard_ms = start_ms_;
  EXPECT_EQ(watch.states()[2].process_state, 0);
}

TEST_F(NodeWatchTest, OneWatchdogEndsTheJobAndAllLearnOfIt) {
  NodeWatch first = watch(0), second = watch(1);
  EXPECT_EQ(second.end(), NodeWatch::End::no);
  EXPECT_TRUE(second.begin_end());
  EXPECT_FALSE(first.begin_end());
  EXPECT_EQ(first.end(), NodeWatch::End::begun);
  second.end_told();
  EXPECT_EQ(first.end(), NodeWatch::End::told);
}

}  // namespace
}  // namespace dtrain::measure
