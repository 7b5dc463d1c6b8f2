// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/read_ahead.hpp"

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"

namespace dtrain::datasets {

ReadAhead::ReadAhead(Dataset& dataset, std::vector<std::int64_t> ids, std::vector<Range> blocks)
    : dataset_(dataset), ids_(std::move(ids)), blocks_(std::move(blocks)) {
  thread_ = std::thread([this] { run(); });
}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ReadAhead::run() {
  try {
    for (const Range& range : blocks_) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || !ready_; });
        if (stopping_) return;
      }
      std::vector<std::byte> block(
          static_cast<std::size_t>(range.size() * dataset_.sample_bytes()));
      dataset_.read(std::span(ids_).subspan(static_cast<std::size_t>(range.begin),
                                            static_cast<std::size_t>(range.size())),
                    block.data());
      const std::lock_guard lock(mutex_);
      ready_ = std::move(block);
      changed_.notify_all();
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
    changed_.notify_all();
  }
}

void ReadAhead::fetch_block() {
  current_ = {};  // before the thread may start on another one
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ready_ || failure_; });
  if (!ready_) std::rethrow_exception(failure_);
  current_ = std::move(*ready_);
  ready_.reset();
  taken_ = 0;
  changed_.notify_all();
}

void ReadAhead::take(std::int64_t count, std::byte* destination) {
  auto wanted = static_cast<std::size_t>(count * dataset_.sample_bytes());
  while (wanted > 0) {
    if (taken_ == current_.size()) fetch_block();
    const std::size_t bytes = std::min(wanted, current_.size() - taken_);
    std::memcpy(destination, current_.data() + taken_, bytes);
    taken_ += bytes;
    destination += bytes;
    wanted -= bytes;
  }
}

}  // namespace dtrain::datasets
