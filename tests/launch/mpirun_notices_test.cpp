// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/mpirun_notices.hpp"

#include <gtest/gtest.h>

namespace dtrain::launch {
namespace {

const std::string ruler(74, '-');

std::string notice(const std::string& text) {
  return ruler + "\n" + text + "\n" + ruler + "\n";
}

const std::string lost_rank = notice(
    "mpirun noticed that process rank 1 with PID 0 on node a.b exited on signal 9 (Killed).");
const std::string lost_host = notice(
    "ORTE has lost communication with a remote daemon.\n\n"
    "  HNP daemon   : [[7,0],0] on node a\n"
    "  Remote daemon: [[7,0],1] on node b\n\n"
    "This is usually due to either a failure of the TCP network");
const std::string lost_peer =
    notice("An MPI communication peer process has unexpectedly disconnected.  This\nusually");
const std::string no_slots = notice("There are not enough slots available in the system");

/// What is shown of a text that comes in pieces of so many bytes.
std::string shown(MpirunNotices& notices, const std::string& text, std::size_t piece) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += piece)
    out += notices.pass(std::string_view(text).substr(at, piece));
  return out + notices.rest();
}

TEST(MpirunNotices, TakesOutHowTheJobEndedHoweverTheBytesCome) {
  const std::string said = "dtrain: note: a\n", more = "\n--\nb " + ruler + "\nno end";
  const std::string all = said + lost_rank + no_slots + lost_peer + lost_host + more;
  const std::string rest = said + no_slots + more;
  for (const std::size_t piece : {1u, 2u, 7u, 73u, 74u, 75u, 4096u}) {
    MpirunNotices notices;
    EXPECT_EQ(shown(notices, all, piece), rest);
    EXPECT_EQ(notices.lost_rank(), "rank 1 on a.b");
    EXPECT_EQ(notices.lost_host(), "b");
  }
}

TEST(MpirunNotices, RemembersTheFirst) {
  MpirunNotices notices;
  shown(notices,
        lost_rank + notice("mpirun noticed that process rank 0 with PID 0 on node c "
                           "exited on signal 15 (Terminated)."),
        4096);
  EXPECT_EQ(notices.lost_rank(), "rank 1 on a.b");
  EXPECT_EQ(notices.lost_host(), "");
}

TEST(MpirunNotices, ShowsAtOnceWhatIsNoNotice) {
  MpirunNotices notices;
  EXPECT_EQ(notices.pass("12 %"), "12 %");
  EXPECT_EQ(notices.pass("--"), "--");
  EXPECT_EQ(notices.pass("\n--"), "\n");  // may become a ruler
  EXPECT_EQ(notices.pass("help"), "--help");
}

TEST(MpirunNotices, LosesNothingOfANoticeWithoutEnd) {
  MpirunNotices notices;
  const std::string cut = ruler + "\nmpirun noticed that process rank 1 with";
  EXPECT_EQ(notices.pass(cut), "");
  EXPECT_EQ(notices.rest(), cut);
}

}  // namespace
}  // namespace dtrain::launch
