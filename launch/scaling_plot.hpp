// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <filesystem>
#include <span>

#include "launch/scaling_series.hpp"

namespace dtrain::launch {

/// Draws samples/s over ranks, with the range of the repeats and a dashed ideal through each series'
/// first point, into an SVG file. Needs gnuplot on the PATH. Throws Error when gnuplot fails.
void draw_scaling(std::span<const ScalingSeries> series, const std::filesystem::path& svg_file);

}  // namespace dtrain::launch
