// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "optim/learning_rate_schedule.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace dtrain::optim {
namespace {

struct ScheduleRow {
  const char* name;
  ScheduleKind kind;
};

constexpr ScheduleRow table[] = {
    {"constant", ScheduleKind::constant}, {"cosine", ScheduleKind::cosine},
    {"step", ScheduleKind::step},         {"poly", ScheduleKind::poly},
    {"onecycle", ScheduleKind::onecycle},
};

/// From `a` at t = 0 to `b` at t = 1 along half a cosine.
double cosine_between(double a, double b, double t) {
  return b + (a - b) * (1.0 + std::cos(std::numbers::pi * t)) / 2.0;
}

/// PyTorch's OneCycleLR(max_lr = base, pct_start = 0.3): `position` in [0, last].
double onecycle(double base, double position, double last) {
  const double start = base / 25.0;
  const double end = start / 1e4;
  const double peak = std::max(0.3 * (last + 1.0) - 1.0, 0.0);
  if (position < peak) return cosine_between(start, base, position / peak);
  if (last <= peak) return base;  // a run of one step
  return cosine_between(base, end, (position - peak) / (last - peak));
}

}  // namespace

ScheduleKind parse_schedule(const std::string& name) {
  std::vector<std::string_view> known;
  for (const ScheduleRow& row : table) {
    if (name == row.name) return row.kind;
    known.emplace_back(row.name);
  }
  throw UsageError(
      fmt::format("there is no schedule '{}'; choose one of {}", name, fmt::join(known, ", ")));
}

std::string to_string(ScheduleKind kind) {
  return std::ranges::find(table, kind, &ScheduleRow::kind)->name;
}

LearningRateSchedule::LearningRateSchedule(ScheduleKind kind, float base_rate,
                                           std::int64_t warmup_steps, std::int64_t total_steps)
    : kind_(kind),
      base_rate_(static_cast<double>(base_rate)),
      warmup_steps_(warmup_steps),
      total_steps_(total_steps) {}

float LearningRateSchedule::rate(std::int64_t step) const {
  const auto last = static_cast<double>(std::max<std::int64_t>(total_steps_ - 1, 0));
  if (kind_ == ScheduleKind::onecycle)
    return static_cast<float>(
        onecycle(base_rate_, std::min(static_cast<double>(step), last), last));

  if (step < warmup_steps_)
    return static_cast<float>(base_rate_ * static_cast<double>(step + 1) /
                              static_cast<double>(warmup_steps_ + 1));
  const auto rest = static_cast<double>(std::max<std::int64_t>(total_steps_ - warmup_steps_, 1));
  const double t = std::min(static_cast<double>(step - warmup_steps_) / rest, 1.0);
  double factor = 1.0;
  switch (kind_) {
    case ScheduleKind::constant:
    case ScheduleKind::onecycle:
      break;
    case ScheduleKind::cosine:
      factor = cosine_between(1.0, 0.0, t);
      break;
    case ScheduleKind::step:
      factor = std::pow(0.1, std::floor(3.0 * t));
      break;
    case ScheduleKind::poly:
      factor = (1.0 - t) * (1.0 - t);
      break;
  }
  return static_cast<float>(base_rate_ * factor);
}

}  // namespace dtrain::optim
