// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "launch/scaling_series.hpp"

namespace dtrain::launch {

/// A series of one of several studies.
struct ComparedSeries {
  std::string study;  ///< its folder; empty where there is one study
  ScalingSeries series;

  /// "runs/before: cnn on digits, cpu, fp32, 1 thread a rank"; control characters are '?'.
  std::string title() const;
};

}  // namespace dtrain::launch
