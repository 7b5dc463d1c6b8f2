// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

#include "comm/watched_communicator.hpp"
#include "measure/watchdog.hpp"

namespace dtrain::launch {

/// Watches a command that all ranks run, and ends the job with a report and ExitCode::lost_rank when it
/// hangs. From the watchdog's thread, which waits for nobody: the others may never come.
class HangWatch {
 public:
  /// `timeout_seconds` 0: nothing is watched. Collective. `world` outlives it.
  HangWatch(comm::Communicator& world, double timeout_seconds);

  /// The world, whose calls say where the rank waits.
  comm::Communicator& communicator() { return *communicator_; }
  /// What the rank's threads move.
  RankProgress progress() const { return {main_.get(), sums_.get()}; }

  /// From now on reports are kept in the root's `folder`, and nodes meet in it. Collective. Returns
  /// false where not all nodes see the folder: each of them then looks after itself.
  bool meet_in(const std::filesystem::path& folder);

  /// All ranks have done their work. Collective.
  void end();

 private:
  void tell(const measure::HangReport& report);

  std::mutex mutex_;
  std::filesystem::path folder_;  ///< of the run, once it is known; guarded by the mutex
  std::optional<measure::Watchdog> watchdog_;
  std::unique_ptr<ProgressSlot> main_, sums_;
  std::optional<comm::WatchedCommunicator> communicator_;
};

}  // namespace dtrain::launch
