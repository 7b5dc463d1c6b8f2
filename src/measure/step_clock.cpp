// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/step_clock.hpp"

#include <algorithm>
#include <cmath>

namespace dtrain::measure {
namespace {

double milliseconds(SpanSink::Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

/// Quantile q in [0, 1] by the nearest rank; reorders `values`.
double quantile(std::vector<double>& values, double q) {
  const auto rank = static_cast<std::ptrdiff_t>(
      std::clamp(std::ceil(q * static_cast<double>(values.size())) - 1.0, 0.0,
                 static_cast<double>(values.size() - 1)));
  std::ranges::nth_element(values, values.begin() + rank);
  return values[static_cast<std::size_t>(rank)];
}

}  // namespace

void StepClock::begin_step() {
  current_ = {};
  begin_ = Clock::now();
}

StepTime StepClock::end_step() {
  const auto end = Clock::now();
  current_.total_ms = milliseconds(end - begin_);
  if (details_ != nullptr) details_->detail("step", "step", begin_, end);
  // The first step plans and warms up: it stays in the sample only while it is alone.
  if (ended_ == 1) steps_.clear();
  if (ended_++ % stride_ == 0 || steps_.empty()) steps_.push_back(current_);
  if (steps_.size() == max_samples) {
    for (std::size_t i = 0; i < max_samples / 2; ++i) steps_[i] = steps_[2 * i];
    steps_.resize(max_samples / 2);
    stride_ *= 2;
  }
  return current_;
}

void StepClock::span(Phase phase, std::string_view name, Clock::time_point begin,
                     Clock::time_point end) noexcept {
  if (details_ != nullptr) details_->detail("phase", name, begin, end);
  current_.phase_ms[static_cast<std::size_t>(phase)] += milliseconds(end - begin);
}

StepSummary StepClock::summary() const {
  StepSummary summary;
  if (steps_.empty()) return summary;
  std::vector<double> values(steps_.size());
  const auto quantile_of = [&](double q, const auto& member) {
    std::ranges::transform(steps_, values.begin(), member);
    return quantile(values, q);
  };
  summary.median_ms = quantile_of(0.5, &StepTime::total_ms);
  summary.p95_ms = quantile_of(0.95, &StepTime::total_ms);
  for (std::size_t phase = 0; phase < phase_count; ++phase) {
    const auto of_phase = [&](const StepTime& step) { return step.phase_ms[phase]; };
    summary.phase_median_ms[phase] = quantile_of(0.5, of_phase);
    summary.phase_p95_ms[phase] = quantile_of(0.95, of_phase);
  }
  return summary;
}

}  // namespace dtrain::measure
