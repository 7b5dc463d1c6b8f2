// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/meeting.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "base/stopwatch.hpp"
#include "measure/patient_meeting.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dtrain::measure {
namespace {

constexpr double timeout = 10;

/// Three nodes of two ranks; looks of all are taken in turn, a second apart.
class MeetingTest : public testing::Test {
 protected:
  MeetingTest() {
    Meeting::prepare(folder_);
    for (const int node : nodes_) Meeting::enter(folder_, node, states(node));
    for (const int node : nodes_) meetings_.emplace_back(folder_, node, nodes_);
  }
  static std::vector<RankState> states(int node) {
    std::vector<RankState> all;
    for (int rank = node; rank < node + 2; ++rank)
      all.push_back({.rank = rank,
                     .pid = 1000 + rank,
                     .host = "node" + std::to_string(node),
                     .process_state = 'S',
                     .main = {Activity::training, Place::bucket, 1, 17},
                     .sums = {Activity::absent, Place::work, 0, 0},
                     .main_seconds = 10.5});
    return all;
  }
  /// One second: every node but `silent` looks. `quiet`: each one's seconds without progress.
  void second(const std::vector<double>& quiet, int silent = -1) {
    now_ms_ += 1000;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i] == silent) continue;
      auto roll = meetings_[i].look(now_ms_, quiet[i], timeout, states(nodes_[i]));
      if (roll) rolls_.push_back(std::move(*roll));
    }
  }
  std::string alarm() const {
    std::ifstream stream(folder_ / "alarm");
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  const TemporaryFolder temporary_;
  const std::filesystem::path folder_ = temporary_.path() / "meeting";
  const std::vector<int> nodes_{0, 2, 4};
  std::vector<Meeting> meetings_;
  std::vector<std::vector<RankState>> rolls_;  ///< of hangs that were found
  std::int64_t now_ms_ = 1'000'000;
};

TEST_F(MeetingTest, IsCompleteWhereAllSeeEachOther) {
  EXPECT_TRUE(meetings_[0].is_complete());
  EXPECT_FALSE(Meeting(folder_, 0, {0, 2, 6}).is_complete());
  EXPECT_FALSE(Meeting(temporary_.path() / "elsewhere", 0, {0}).is_complete());
}

TEST_F(MeetingTest, AHealthyJobOnlyReads) {
  for (int s = 0; s < 5; ++s) second({1, 0, 9});
  EXPECT_EQ(alarm(), "");
  EXPECT_EQ(Meeting(folder_, 0, nodes_).is_complete(), true);
}

TEST_F(MeetingTest, OneNodeFindsTheHangOfAll) {
  for (int s = 0; s < 4 && rolls_.empty(); ++s) second({10.0 + s, 11.0 + s, 12.0 + s});
  ASSERT_EQ(rolls_.size(), 1u);
  ASSERT_EQ(rolls_[0].size(), 6u);
  for (const RankState& state : rolls_[0]) {
    EXPECT_TRUE(state.answers);
    EXPECT_EQ(state.pid, 1000 + state.rank);
    EXPECT_EQ(state.host, "node" + std::to_string(state.rank / 2 * 2));
    EXPECT_EQ(state.main, (Position{Activity::training, Place::bucket, 1, 17}));
    EXPECT_NEAR(state.main_seconds, 10.5, 1e-3);
    EXPECT_EQ(state.process_state, 'S');
  }
}

TEST_F(MeetingTest, ANodeThatMakesProgressKeepsTheOthersWaiting) {
  for (int s = 0; s < 60; ++s) second({20.0 + s, 0.5, 20.0 + s});
  EXPECT_TRUE(rolls_.empty());
  second({0.1, 0.1, 0.1});  // it came at last
  second({0.1, 0.1, 0.1});
  second({0.1, 0.1, 0.1});
  EXPECT_EQ(alarm(), "");
}

TEST_F(MeetingTest, WhatWasSaidAtAnEarlierAlarmIsNoAnswer) {
  second({20, 20, 20});
  ASSERT_TRUE(rolls_.empty());
  for (int s = 0; s < 3; ++s) second({0.1, 0.1, 0.1});  // it went on
  for (int s = 0; s < 3; ++s) {
    now_ms_ += 900;
    EXPECT_FALSE(meetings_[0].look(now_ms_, 10, timeout, states(0)));
  }
}

TEST_F(MeetingTest, ANodeThatDoesNotReportIsLost) {
  for (int s = 0; s < 10 && rolls_.empty(); ++s) second({10, 10, 10}, /*silent=*/2);
  ASSERT_EQ(rolls_.size(), 1u);
  for (const RankState& state : rolls_[0]) EXPECT_EQ(state.answers, state.rank / 2 != 1);
}

TEST_F(MeetingTest, AnotherNodeAsksWhereTheOneThatAskedIsLost) {
  second({10, 0, 0});
  second({10, 0, 0});
  EXPECT_EQ(alarm(), "0");
  for (int s = 0; s < 30 && rolls_.empty(); ++s) second({10, 10, 10}, /*silent=*/0);
  ASSERT_EQ(rolls_.size(), 1u);
  for (const RankState& state : rolls_[0]) EXPECT_EQ(state.answers, state.rank >= 2);
}

TEST_F(MeetingTest, TheEndIsToldToAll) {
  meetings_[1].end();
  second({0, 0, 0});
  for (const Meeting& meeting : meetings_) EXPECT_TRUE(meeting.ended());
}

TEST_F(MeetingTest, TornFilesAreReadAgain) {
  second({10, 10, 10});
  const auto asks = static_cast<std::size_t>(std::stoi(alarm()) / 2);
  const std::size_t other = asks == 0 ? 1 : 0;
  std::ofstream(folder_ / ("node-" + std::to_string(nodes_[other]))) << "99 10.0\n0 1 1";
  EXPECT_FALSE(meetings_[asks].look(now_ms_ + 100, 10, timeout, states(nodes_[asks])));
  second({10, 10, 10});
  second({10, 10, 10});
  EXPECT_GE(rolls_.size(), 1u);
}

/// A pipe that nobody writes to is a file system that does not answer.
TEST_F(MeetingTest, AFileSystemThatHangsHoldsNobodyUp) {
  PatientMeeting meeting(Meeting(folder_, 0, nodes_));
  EXPECT_FALSE(meeting.look(1000, 0, timeout, states(0)));
  EXPECT_FALSE(meeting.is_stuck(100'000));  // it came back
  std::filesystem::remove(folder_ / "alarm");
  ASSERT_EQ(mkfifo((folder_ / "alarm").c_str(), 0600), 0);
  const Stopwatch watch;
  EXPECT_FALSE(meeting.look(2000, 20, timeout, states(0)));
  EXPECT_FALSE(meeting.look(3000, 21, timeout, states(0)));
  EXPECT_LT(watch.seconds(), 5);
  EXPECT_FALSE(meeting.is_stuck(9000));
  EXPECT_TRUE(meeting.is_stuck(12'000));
  meeting.end();
  std::ofstream(folder_ / "alarm") << "ended";  // the file system is back
  EXPECT_FALSE(meeting.look(13'000, 22, timeout, states(0)));
  EXPECT_TRUE(meeting.ended());
}

}  // namespace
}  // namespace dtrain::measure
