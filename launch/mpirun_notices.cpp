// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// The texts are those of Open MPI 4 (help-orterun.txt, help-errmgr-base.txt, help-mpi-api.txt,
// help-mpi-btl-tcp.txt):
//   mpirun noticed that process rank 1 with PID 0 on node a exited on signal 9 (Killed).
//   ORTE has lost communication with a remote daemon. … Remote daemon: [[7,0],1] on node b

#include "launch/mpirun_notices.hpp"

#include <array>
#include <regex>
#include <utility>

namespace dtrain::launch {
namespace {

constexpr std::size_t ruler_dashes = 74;

bool begins_ruler(std::string_view line) {
  return line.size() <= ruler_dashes + 1 && line.find_first_not_of("-\n") == std::string_view::npos;
}

bool is_ruler(std::string_view line) {
  return line.size() == ruler_dashes + 1 && begins_ruler(line);
}

}  // namespace

std::string MpirunNotices::pass(std::string_view bytes) {
  std::string shown;
  for (const char c : bytes) {
    line_ += c;
    if (notice_.empty() && (plain_ || !begins_ruler(line_))) {
      shown += line_;
      plain_ = c != '\n';
      line_.clear();
    } else if (c == '\n') {
      shown += take_line();
    }
  }
  return shown;
}

// A whole line that is a ruler, or lies in a notice, or was dashes alone.
std::string MpirunNotices::take_line() {
  std::string line = std::exchange(line_, "");
  const bool opens = notice_.empty();
  if (opens && !is_ruler(line)) return line;
  notice_ += line;
  if (opens || !is_ruler(line)) return "";
  std::string notice = std::exchange(notice_, "");
  return tells_the_end(notice) ? "" : notice;
}

std::string MpirunNotices::rest() {
  return std::exchange(notice_, "") + std::exchange(line_, "");
}

bool MpirunNotices::tells_the_end(const std::string& notice) {
  static constexpr std::array endings{"noticed that process rank",
                                      "noticed that the job aborted",
                                      "detected that one or more processes exited with non-zero",
                                      "has exited due to",
                                      "Per user-direction, the job has been aborted",
                                      "MPI_ABORT was invoked on rank",
                                      "peer process has unexpectedly disconnected",
                                      "ORTE has lost communication with a remote daemon"};
  bool known = false;
  for (const char* ending : endings) known = known || notice.find(ending) != std::string::npos;
  if (!known) return false;

  std::smatch found;
  static const std::regex rank("process rank ([0-9]+) with PID [0-9]+ on node ([^ ]+) exited on");
  if (lost_rank_.empty() && std::regex_search(notice, found, rank))
    lost_rank_ = "rank " + found[1].str() + " on " + found[2].str();
  static const std::regex host("Remote daemon: [^ ]+ on node ([^ \n]+)");
  if (lost_host_.empty() && std::regex_search(notice, found, host)) lost_host_ = found[1].str();
  return true;
}

}  // namespace dtrain::launch
