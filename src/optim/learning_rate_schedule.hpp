// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstdint>
#include <string>

namespace dtrain::optim {

enum class ScheduleKind { constant, cosine, step, poly, onecycle };

/// Throws UsageError listing the names.
ScheduleKind parse_schedule(const std::string& name);
std::string to_string(ScheduleKind);

/// Learning rate by step: a function of (options, step) alone, so that a resumed run continues it.
/// After a linear warm-up from 0 over `warmup_steps`, with t in [0, 1] the share of what remains:
///   constant  base
///   cosine    base * (1 + cos(pi t)) / 2                  (I. Loshchilov and F. Hutter, 2017)
///   step      base * 0.1^floor(3 t)
///   poly      base * (1 - t)^2
///   onecycle  up from base/25 to base in the first 30 %, then cosine down to base/25e4, warm-up
///   not
///             added (L. Smith and N. Topin, 2018; the constants are PyTorch's)
class LearningRateSchedule {
 public:
  LearningRateSchedule(ScheduleKind kind, float base_rate, std::int64_t warmup_steps,
                       std::int64_t total_steps);
  /// `step` counts from 0.
  float rate(std::int64_t step) const;

 private:
  ScheduleKind kind_;
  double base_rate_;
  std::int64_t warmup_steps_, total_steps_;
};

}  // namespace dtrain::optim
