// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <filesystem>

#include "launch/report/chart.hpp"

namespace dtrain::launch {

/// Is gnuplot on the PATH?
bool has_gnuplot();

enum class Picture { svg, png };

/// Draws the chart into `file`. Throws Error when gnuplot fails.
void draw(const Chart&, Picture, const std::filesystem::path& file);

}  // namespace dtrain::launch
