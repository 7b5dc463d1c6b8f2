// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/report/compared_series.hpp"

#include <fmt/format.h>

#include "launch/console.hpp"

namespace dtrain::launch {

std::string ComparedSeries::title() const {
  return as_one_line(study.empty() ? series.title() : fmt::format("{}: {}", study, series.title()));
}

}  // namespace dtrain::launch
