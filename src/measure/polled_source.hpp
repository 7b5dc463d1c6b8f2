// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "measure/energy_source.hpp"

namespace dtrain::measure {

/// A source that is also read by a thread of its own where it asks for that, so that no wrap of its
/// counters goes unseen between two calls.
class PolledSource {
 public:
  explicit PolledSource(std::unique_ptr<EnergySource> source);
  ~PolledSource();
  PolledSource(const PolledSource&) = delete;
  PolledSource& operator=(const PolledSource&) = delete;

  /// As the source's. Having failed once, by either thread, it fails for good: what was missed is gone.
  double read_joules();
  const EnergySource& source() const { return *source_; }

 private:
  void poll(std::chrono::milliseconds gap);

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::unique_ptr<EnergySource> source_;
  std::exception_ptr failure_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace dtrain::measure
