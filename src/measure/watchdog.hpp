// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "comm/communicator.hpp"
#include "measure/node_watch.hpp"
#include "measure/patient_meeting.hpp"

namespace dtrain::measure {

struct WatchdogOptions {
  double timeout_seconds = 300;
  /// The job hangs. Called by one watchdog of the job, in its thread.
  std::function<void(const HangReport&)> on_hang;
  /// Afterwards, by every watchdog that still runs, in its thread.
  std::function<void()> on_end;
};

/// A thread of every rank that looks about once a second where the ranks are. A job hangs when no rank
/// of it has moved a slot for `timeout_seconds`: as long as one makes progress, others that wait for it
/// are well. Ranks of a node see each other's slots in shared memory, so that a stopped or dead one is
/// found too; nodes tell each other by files (measure/meeting.hpp). The threads never call MPI.
class Watchdog {
 public:
  /// Collective, as is its end, which comes after all ranks have moved their slots for the last time.
  Watchdog(comm::Communicator& communicator, WatchdogOptions options);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // Where this rank's threads write.
  PlaceRecord& main() { return own().main; }
  PlaceRecord& sums() { return own().sums; }

  /// From now on nodes meet in `folder`, the same on all ranks, which the root makes and at the end
  /// removes; until then, and where not all nodes see it (returns false, on all ranks), each node looks
  /// after itself. With one node does nothing. Collective. Throws Error on the root.
  bool meet_in(const std::filesystem::path& folder);

 private:
  RankRecord& own();
  void run();
  /// All ranks, if they hang. `meeting` may be null.
  std::optional<std::vector<RankState>> roll(const NodeWatch& node, PatientMeeting* meeting,
                                             std::int64_t now_ms) const;

  comm::Communicator& communicator_;
  const WatchdogOptions options_;
  std::unique_ptr<comm::NodeGroup> group_;
  std::unique_ptr<comm::SharedBlocks> blocks_;
  std::vector<RankRecord*> records_;  ///< of the node's ranks
  std::vector<int> nodes_;            ///< first ranks of all nodes
  std::filesystem::path folder_;      ///< made by this rank, if any

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  std::unique_ptr<PatientMeeting> meeting_;
  bool stopping_ = false;

  std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace dtrain::measure
