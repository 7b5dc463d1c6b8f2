// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/detail_sink.hpp"

namespace dtrain::measure {

/// Collects what one rank does and when, for the Trace Event Format that Perfetto and Chrome's
/// about:tracing open ("Trace Event Format", Google, 2016: complete events X and counters C).
class Trace : public DetailSink {
 public:
  /// Beyond so many events it keeps the first ones only: memory is bounded.
  explicit Trace(std::size_t most_events = std::size_t{1} << 20);

  void detail(std::string_view category, std::string_view name, Clock::time_point begin,
              Clock::time_point end) noexcept override;
  /// The value of `name` from now on.
  void counter(std::string_view name, double value) noexcept;

  /// When it was made.
  Clock::time_point begin() const { return begin_; }
  /// The events that did not fit.
  std::int64_t dropped() const { return dropped_; }
  /// JSON objects on a line each, with commas between them, as process `rank`. Times in microseconds since `origin`
  /// less `ahead`: how far this rank's clock is ahead of that which `origin` was read from.
  std::string events(int rank, const std::string& host, Clock::time_point origin,
                     Clock::duration ahead) const;

 private:
  struct Event {
    std::string_view category, name;  ///< a counter has no category
    Clock::time_point begin{};
    Clock::duration duration{};
    double value = 0;
    int thread = 0;
  };
  void keep(const Event& event) noexcept;
  int thread_number();

  const Clock::time_point begin_ = Clock::now();
  mutable std::mutex mutex_;
  std::size_t most_events_;
  std::int64_t dropped_ = 0;
  std::vector<Event> events_;
  std::map<std::thread::id, int> threads_;
};

}  // namespace dtrain::measure
