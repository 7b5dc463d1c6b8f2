// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/patient_meeting.hpp"

#include <chrono>
#include <thread>

namespace dtrain::measure {
namespace {

constexpr std::chrono::seconds patience(1);
constexpr std::int64_t stuck_after_ms = 10'000;

}  // namespace

std::optional<std::vector<RankState>> PatientMeeting::look(std::int64_t now_ms,
                                                           double quiet_seconds,
                                                           double timeout_seconds,
                                                           std::vector<RankState> states) {
  if (!look_.valid()) {
    began_ms_ = now_ms;
    std::packaged_task<Seen()> task([=, meeting = meeting_, states = std::move(states)] {
      Seen seen{.roll = meeting->look(now_ms, quiet_seconds, timeout_seconds, states)};
      seen.ended = meeting->ended();
      return seen;
    });
    look_ = task.get_future();
    std::thread(std::move(task)).detach();
  }
  if (look_.wait_for(patience) != std::future_status::ready) return std::nullopt;
  Seen seen = look_.get();
  ended_ = seen.ended;
  return std::move(seen.roll);
}

bool PatientMeeting::is_stuck(std::int64_t now_ms) const {
  return look_.valid() && now_ms - began_ms_ >= stuck_after_ms;
}

void PatientMeeting::end() {
  if (!look_.valid()) meeting_->end();
}

}  // namespace dtrain::measure
