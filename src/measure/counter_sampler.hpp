// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "measure/energy_meter.hpp"
#include "measure/trace.hpp"

namespace dtrain::measure {

/// Puts this rank's memory, and the power of what it reads for all, into a trace ten times a second.
class CounterSampler {
 public:
  /// Trace and meter outlive it.
  CounterSampler(Trace&, EnergyMeter&);
  ~CounterSampler();
  CounterSampler(const CounterSampler&) = delete;
  CounterSampler& operator=(const CounterSampler&) = delete;

 private:
  void run();

  Trace& trace_;
  EnergyMeter& meter_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace dtrain::measure
