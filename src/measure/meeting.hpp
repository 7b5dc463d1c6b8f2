// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "measure/roll_call.hpp"

namespace dtrain::measure {

/// Where the nodes of a job learn of each other without MPI: small files in a folder that all see. One
/// speaker per node calls look() about once a second, which in a healthy job reads one empty file.
///
///   alarm        empty; or the number of the node that asks all others where they are; or "ended"
///   node-<rank>  by the node's first rank: a count of its reports, seconds without progress, and a line
///                per rank. Written once at the start, then while there is an alarm.
///
/// Files are made at the start and rewritten in place, so that NFS shows what is new at once. A file that
/// is read while it is written lacks its last line, and is read again at the next look.
class Meeting {
 public:
  // In this order, all nodes having done one before any does the next:
  /// Empties the folder and makes it ready; by one process. Throws Error.
  static void prepare(const std::filesystem::path& folder);
  /// Tells who is on this node, whose first rank is `node`; by that rank.
  static void enter(const std::filesystem::path& folder, int node,
                    const std::vector<RankState>& states);
  /// `nodes`: all of them. Any rank that may speak for `node` has one.
  Meeting(std::filesystem::path folder, int node, const std::vector<int>& nodes);

  /// Whether this node sees the folder and every other node's file in it.
  bool is_complete() const;

  /// `quiet_seconds`, `states`: of this node. Once no node has made progress for `timeout_seconds`, and
  /// on one node only, returns all ranks of all nodes; those of nodes that do not report do not answer.
  std::optional<std::vector<RankState>> look(std::int64_t now_ms, double quiet_seconds,
                                             double timeout_seconds,
                                             const std::vector<RankState>& states);
  /// Tells the other nodes that the job is over.
  void end();
  /// Whether some node has.
  bool ended() const { return ended_; }

 private:
  struct Report {
    std::int64_t count = 0;
    double quiet_seconds = 0;
    std::vector<RankState> states;
  };
  /// Another node, and what it last reported.
  struct Other {
    std::filesystem::path file;
    std::optional<Report> report;
    std::optional<std::int64_t> heard_ms;  ///< when that came, if since the alarm
  };
  static void write_report(const std::filesystem::path& file, const Report& report);
  static std::optional<Report> read_report(const std::filesystem::path& file);

  const std::filesystem::path folder_;
  const int node_;
  std::vector<Other> others_;
  std::int64_t count_ = 0;
  std::string alarm_;             ///< as it was last read
  std::int64_t alarm_at_ms_ = 0;  ///< since when it is that
  bool ended_ = false;
};

}  // namespace dtrain::measure
