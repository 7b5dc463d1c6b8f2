// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <vector>

#include "measure/meeting.hpp"

namespace dtrain::measure {

/// A Meeting for who must not hang with the file system that the nodes meet on: each look is taken by a
/// thread of its own, which is left to itself when it does not come back.
class PatientMeeting {
 public:
  explicit PatientMeeting(Meeting meeting)
      : meeting_(std::make_shared<Meeting>(std::move(meeting))) {}

  /// As Meeting::look, within a second: nothing as long as an earlier look has not come back.
  std::optional<std::vector<RankState>> look(std::int64_t now_ms, double quiet_seconds,
                                             double timeout_seconds, std::vector<RankState> states);
  /// Whether the last look that came back found the job at its end.
  bool ended() const { return ended_; }
  /// Whether a look has not come back for so long that none will.
  bool is_stuck(std::int64_t now_ms) const;
  /// As Meeting::end, unless a look is under way.
  void end();

 private:
  struct Seen {
    std::optional<std::vector<RankState>> roll;
    bool ended = false;
  };
  std::shared_ptr<Meeting> meeting_;  ///< the look's thread may outlive us
  std::future<Seen> look_;            ///< under way, or none
  std::int64_t began_ms_ = 0;
  bool ended_ = false;
};

}  // namespace dtrain::measure
