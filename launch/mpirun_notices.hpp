// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <string>
#include <string_view>

namespace dtrain::launch {

/// What mpirun says on stderr, mixed with what ranks say there. Its notices stand between two rulers
/// of dashes; those that tell how a job ended are taken out and remembered, for dtrain tells it in a
/// line of its own, and everything else passes.
class MpirunNotices {
 public:
  /// Takes the next bytes, cut anywhere; returns those to show, without delay but for a notice that is
  /// not complete.
  std::string pass(std::string_view bytes);
  /// At the end: what was held back in vain.
  std::string rest();

  /// "rank 1 on node7", "node7": who was lost first, as far as mpirun said. Empty: it did not.
  const std::string& lost_rank() const { return lost_rank_; }
  const std::string& lost_host() const { return lost_host_; }

 private:
  std::string take_line();
  /// Remembers what a whole notice says; false where it is not about the end of a job.
  bool tells_the_end(const std::string& notice);

  std::string line_;    ///< begun, not shown
  bool plain_ = false;  ///< the line has been shown in part: it is no ruler
  std::string notice_;  ///< from its first ruler on; empty outside a notice
  std::string lost_rank_, lost_host_;
};

}  // namespace dtrain::launch
