// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The figures of a report as tables: for a terminal, in Markdown, and for other programs.

#include "launch/report/chart.hpp"
#include "launch/report/compared_series.hpp"

namespace dtrain::launch {

using Cells = std::vector<std::string>;

/// The columns of a series' table, and a row of it.
Cells series_header();
Cells series_row(const ScalingPoint&);
/// What the columns mean.
std::string_view series_explanation();

/// Where several series have the same place: how they compare with the first one that has it.
std::vector<std::string> comparison(std::span<const ComparedSeries>);

/// All series, for a terminal.
std::string plain_text(std::span<const ComparedSeries>);
/// The same in Markdown, with the SVG files of `drawn`, which lie beside it.
std::string markdown(std::span<const ComparedSeries>, std::span<const Chart> drawn);
/// The same and more in full precision, a row for each point.
std::string comma_separated(std::span<const ComparedSeries>);

}  // namespace dtrain::launch
