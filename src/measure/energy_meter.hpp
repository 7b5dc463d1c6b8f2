// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "kernels/device/device.hpp"
#include "measure/energy_assignment.hpp"
#include "measure/energy_window.hpp"

namespace dtrain::measure {

/// Time as a meter sees it, in seconds. Tests bring their own.
class EnergyClock {
 public:
  virtual ~EnergyClock() = default;
  virtual double now() = 0;
  virtual void sleep(double seconds) = 0;
};

/// What a meter counts, the same on all ranks.
struct EnergyFacts {
  bool is_wanted = false;             ///< else nobody looked for counters
  std::vector<std::string> sources;   ///< counters that are added up: "rapl:package-0"; empty: none
  std::vector<std::string> problems;  ///< what was to be read and cannot be, and why
  bool estimated = false;
  std::optional<double> idle_watts;  ///< of all machines together, before the run
  double resolution_seconds = 0;     ///< between two updates of the slowest counter
};

/// The energy of the job, of all its nodes and GPUs together, between points that all ranks pass. All
/// calls are collective. Where nothing can be read all results are unknown, and laps cost nothing.
class EnergyMeter {
 public:
  /// The communicator outlives the meter. Without a clock: the system's steady one.
  EnergyMeter(comm::Communicator&, const EnergyOptions&, std::unique_ptr<EnergyClock> = nullptr);
  ~EnergyMeter();

  /// Rests all ranks for a second at least, to learn what the machines use when idle.
  void measure_idle();
  /// What was used since the last lap, or since the meter was made. Waits for the work on the stream
  /// and for the other ranks.
  EnergyWindow lap(kernels::Stream&);
  /// Since the meter was made, of the counters that this rank reads; none where it reads none or cannot.
  /// Any thread; not collective.
  std::optional<double> joules_read_here();
  /// As of now: a counter may fail on the way.
  EnergyFacts facts();

 private:
  class Reader;
  struct Lap {
    EnergyWindow window;
    double seconds = 0;
  };
  Lap take_lap();

  comm::Communicator& communicator_;
  const std::unique_ptr<EnergyClock> clock_;
  const std::string host_;
  const bool is_wanted_;
  const bool estimates_;                          ///< what it was asked for is no measurement
  std::vector<std::unique_ptr<Reader>> readers_;  ///< of this rank
  std::vector<std::string> problems_;             ///< of this rank
  bool measures_ = false;                         ///< does any rank read anything?
  double resolution_seconds_ = 0;                 ///< of the slowest counter of any rank
  double idle_watts_;                             ///< NaN: not known
  double last_lap_ = 0;
};

}  // namespace dtrain::measure
