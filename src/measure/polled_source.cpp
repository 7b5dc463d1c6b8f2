// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/polled_source.hpp"

#include <utility>

namespace dtrain::measure {

PolledSource::PolledSource(std::unique_ptr<EnergySource> source) : source_(std::move(source)) {
  if (const auto gap = source_->longest_gap()) thread_ = std::thread([this, gap] { poll(*gap); });
}

PolledSource::~PolledSource() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

double PolledSource::read_joules() {
  const std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
  try {
    return source_->read_joules();
  } catch (...) {
    failure_ = std::current_exception();
    throw;
  }
}

void PolledSource::poll(std::chrono::milliseconds gap) {
  std::unique_lock lock(mutex_);
  while (!failure_ && !changed_.wait_for(lock, gap, [&] { return ended_; })) {
    try {
      source_->read_joules();
    } catch (...) {
      failure_ = std::current_exception();
    }
  }
}

}  // namespace dtrain::measure
