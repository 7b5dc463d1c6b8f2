// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Which rank the others wait for. Over some steps, for each rank r,
//
//   busy(r) = wall time of its steps - time in them that it waited for sums (Phase::comm_exposed)
//   lost(r) = busy(r) - the lower median of the other ranks' busy times
//
// The straggler is the rank with the largest busy(r); lost is what each typical rank waited for it, and
// its share is lost / wall time. Where ranks share cores the times include those of the others.

#include <optional>
#include <span>
#include <string>

#include "comm/communicator.hpp"
#include "measure/step_clock.hpp"

namespace dtrain::train {

struct Straggler {
  int rank = 0;
  std::string host;
  double seconds_lost = 0;
  double share = 0;  ///< of the wall time

  /// Worth a line in a log: a tenth of the time, and a second.
  bool is_notable() const { return share >= 0.1 && seconds_lost >= 1; }
};

struct WorkSeconds {
  double wall = 0, busy = 0;
};

/// Of all ranks' times, in rank order, the straggler with no host; none of one rank alone.
std::optional<Straggler> find_straggler(std::span<const WorkSeconds> ranks);

/// Keeps this rank's times of the epoch in progress and of all.
class WorkTime {
 public:
  void waited(const measure::StepTime& step) {
    waited_ += 1e-3 * step.phase_ms[static_cast<std::size_t>(Phase::comm_exposed)];
  }
  /// `seconds` of steps, waiting included, are over.
  void passed(double seconds) { wall_ += seconds; }
  /// The same on all ranks. Collective. Ends the epoch.
  std::optional<Straggler> close_epoch(comm::Communicator&);
  /// Over all epochs that were closed. Collective.
  std::optional<Straggler> of_run(comm::Communicator&) const;

 private:
  double wall_ = 0, waited_ = 0;
  WorkSeconds run_;
};

}  // namespace dtrain::train
