// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// measure: what a step costs, what the machine can do, and whether the ranks still do something.

#include <array>
#include <cstdint>
#include <vector>

#include "base/detail_sink.hpp"
#include "base/span_sink.hpp"

namespace dtrain::measure {

/// Milliseconds of one training step.
struct StepTime {
  double total_ms = 0;
  std::array<double, phase_count> phase_ms{};  ///< indexed by Phase
};

struct StepSummary {
  double median_ms = 0, p95_ms = 0;
  std::array<double, phase_count> phase_median_ms{}, phase_p95_ms{};
};

/// Collects where each step's time goes. The spans of a step must not nest.
class StepClock : public SpanSink {
 public:
  /// Steps and phases are told to `details` as well, if that is not null. It outlives the clock.
  explicit StepClock(DetailSink* details = nullptr) : details_(details) {}

  void begin_step();
  /// Returns the step just ended.
  StepTime end_step();
  void span(Phase phase, std::string_view name, Clock::time_point begin,
            Clock::time_point end) noexcept override;
  /// Over all steps ended so far (the first one, which plans and warms up, is left out when there
  /// are others). Of a long run, over an even sample of at least max_samples / 2 steps: memory is
  /// bounded.
  StepSummary summary() const;

  static constexpr std::size_t max_samples = 65536;

 private:
  DetailSink* details_;
  Clock::time_point begin_{};
  StepTime current_;
  std::vector<StepTime> steps_;  ///< every stride_-th step
  std::int64_t ended_ = 0;
  std::int64_t stride_ = 1;
};

}  // namespace dtrain::measure
