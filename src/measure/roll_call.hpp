// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Who keeps a job waiting, from what is known of each rank once none of them has made progress for
// too long. A rank is missing when
//  * it does not answer (stopped, lost), or
//  * it is at a place of its own, where it needs no other rank, or
//  * all answer and wait in collectives, but it is behind others: in an earlier step, activity or bucket.
// When all wait in the same collective nobody is missing: then the network or the MPI library hangs.

#include <string>
#include <vector>

#include "base/progress_slot.hpp"

namespace dtrain::measure {

struct RankState {
  int rank = 0;
  std::int64_t pid = 0;
  std::string host;
  bool answers = true;       ///< its watchdog was heard of just now
  char process_state = '?';  ///< as in proc(5); 0: there is no such process, '?': not known
  Position main, sums;       ///< of its two slots
  double main_seconds = 0, sums_seconds = 0;  ///< how long it has been there
};

struct HangReport {
  std::vector<int> missing;  ///< ranks, ascending
  std::string headline;      ///< one sentence
  std::string text;          ///< a line per missing rank and per group of waiting ones
};

/// `ranks` in any order, at least one; `quiet_seconds`: since the last progress of any.
HangReport call_roll(std::vector<RankState> ranks, double quiet_seconds);

}  // namespace dtrain::measure
