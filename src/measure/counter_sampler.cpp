// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/counter_sampler.hpp"

#include <chrono>
#include <utility>

#include "base/stopwatch.hpp"
#include "measure/hardware_probe.hpp"

namespace dtrain::measure {

CounterSampler::CounterSampler(Trace& trace, EnergyMeter& meter)
    : trace_(trace), meter_(meter), thread_([this] { run(); }) {}

CounterSampler::~CounterSampler() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void CounterSampler::run() {
  std::optional<double> joules = meter_.joules_read_here();
  Stopwatch watch;
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, std::chrono::milliseconds(100), [&] { return ended_; })) {
    trace_.counter("memory, MB", static_cast<double>(rss_bytes()) * 1e-6);
    const double seconds = watch.seconds();
    watch.restart();
    const auto before = std::exchange(joules, meter_.joules_read_here());
    if (before && joules) trace_.counter("power, W", (*joules - *before) / seconds);
  }
}

}  // namespace dtrain::measure
