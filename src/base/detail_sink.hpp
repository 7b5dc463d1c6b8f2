// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What a SpanSink is too coarse for: the layers, buckets and sums within the phases of a step. Rooms
// report them to a DetailSink that is passed in where somebody wants them (--trace), else to none.

#include <chrono>
#include <string_view>

namespace dtrain {

class DetailSink {
 public:
  using Clock = std::chrono::steady_clock;
  virtual ~DetailSink() = default;
  /// Spans of one thread nest. Any thread; cheap; never throws. What `category` and `name` point to
  /// outlives the sink.
  virtual void detail(std::string_view category, std::string_view name, Clock::time_point begin,
                      Clock::time_point end) noexcept = 0;
};

/// Reports the time from construction to destruction; without a sink does nothing.
class ScopedDetail {
 public:
  ScopedDetail(DetailSink* sink, std::string_view category, std::string_view name)
      : sink_(sink), category_(category), name_(name) {
    if (sink_ != nullptr) begin_ = DetailSink::Clock::now();
  }
  ~ScopedDetail() {
    if (sink_ != nullptr) sink_->detail(category_, name_, begin_, DetailSink::Clock::now());
  }
  ScopedDetail(const ScopedDetail&) = delete;
  ScopedDetail& operator=(const ScopedDetail&) = delete;

 private:
  DetailSink* sink_;
  std::string_view category_, name_;
  DetailSink::Clock::time_point begin_{};
};

}  // namespace dtrain
