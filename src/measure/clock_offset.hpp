// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <chrono>
#include <string>

#include "comm/communicator.hpp"

namespace dtrain::measure {

/// How far this rank's steady clock is ahead of the root's.
struct ClockOffset {
  std::chrono::steady_clock::duration ahead{};
  std::chrono::steady_clock::duration error{};  ///< at most so far off
};

/// By barriers: nobody leaves one before everybody has come, so each gives a lower and an upper bound;
/// the closest ones of many are taken. Ranks on the root's host share its clock. Collective.
ClockOffset measure_clock_offset(comm::Communicator&, const std::string& host);

}  // namespace dtrain::measure
