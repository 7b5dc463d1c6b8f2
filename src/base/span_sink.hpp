// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// How lower rooms tell upper ones where time goes, without knowing them: they write spans to a
// SpanSink that is passed in; measure implements it.

#include <chrono>
#include <string_view>

namespace dtrain {

/// Parts of a training step, in the order in which they happen.
enum class Phase { data, forward, backward, comm_exposed, optimizer };
inline constexpr int phase_count = 5;

/// Receives what happened when. Implementations are cheap and never throw.
class SpanSink {
 public:
  using Clock = std::chrono::steady_clock;
  virtual ~SpanSink() = default;
  virtual void span(Phase phase, std::string_view name, Clock::time_point begin,
                    Clock::time_point end) noexcept = 0;
};

/// Reports the time from construction to destruction. `name` must outlive the sink's use of it.
class ScopedSpan {
 public:
  ScopedSpan(SpanSink& sink, Phase phase, std::string_view name)
      : sink_(sink), phase_(phase), name_(name) {}
  ~ScopedSpan() { sink_.span(phase_, name_, begin_, SpanSink::Clock::now()); }
  ScopedSpan(const ScopedSpan&) = delete;
  ScopedSpan& operator=(const ScopedSpan&) = delete;

 private:
  SpanSink& sink_;
  Phase phase_;
  std::string_view name_;
  SpanSink::Clock::time_point begin_ = SpanSink::Clock::now();
};

}  // namespace dtrain
