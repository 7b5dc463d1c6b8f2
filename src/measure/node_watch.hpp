// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/progress_slot.hpp"
#include "measure/roll_call.hpp"

namespace dtrain::measure {

/// What a rank shows to the ranks of its node, in memory that they share. Zeroed memory is a record of
/// nobody.
struct RankRecord {
  PlaceRecord main, sums;
  std::atomic<std::int64_t> heard_ms;  ///< when its watchdog last looked, of progress_clock_ms()
  std::atomic<int> ended;              ///< of the node's first rank: see NodeWatch::end_job()
  int rank, pid;
  char host[256];
};

/// One watchdog's view of its node: which ranks' watchdogs are alive, and for how long no rank has made
/// progress. Nothing here waits or reads a file but /proc.
class NodeWatch {
 public:
  /// The records of the node's ranks, of which `self` is this one's; they outlive it.
  NodeWatch(std::vector<RankRecord*> records, int self);

  /// Looks, now and then: `now_ms` of progress_clock_ms().
  void look(std::int64_t now_ms);
  /// Since the last progress of any rank of the node, as far as this watchdog was there to see it: time
  /// in which it was stopped itself, as in a job that is suspended, does not count.
  double quiet_seconds() const { return 1e-3 * static_cast<double>(quiet_ms_); }
  /// Whether this watchdog speaks for the node: no lower one is alive.
  bool speaks() const;
  std::vector<RankState> states() const;
  /// The rank by which the node is known, its first one's.
  int node() const { return records_[0]->rank; }

  enum class End { no, begun, told };
  /// How far the end of the job is, as some watchdog of the node has set it.
  End end() const { return static_cast<End>(records_[0]->ended.load()); }
  /// no -> begun, by exactly one watchdog of the node, which is to tell why.
  bool begin_end();
  /// It has been told: all may leave.
  void end_told() { records_[0]->ended = static_cast<int>(End::told); }

 private:
  struct Readings {
    PlaceRecord::Reading main, sums;
    bool operator==(const Readings&) const = default;
  };
  bool is_alive(const RankRecord& record) const;

  std::vector<RankRecord*> records_;
  const std::size_t self_;
  std::vector<Readings> seen_;
  std::int64_t now_ms_ = 0, quiet_ms_ = 0;
};

}  // namespace dtrain::measure
