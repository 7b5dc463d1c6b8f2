// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The figures of a report as tables: for a terminal, in Markdown, and for other programs.

#include <functional>

#include "launch/report/chart.hpp"
#include "launch/report/compared_series.hpp"

namespace dtrain::launch {

using Cells = std::vector<std::string>;

/// Of a table of series.
struct Column {
  std::string header;
  std::string meaning;  ///< empty: the header says it
  std::function<std::string(const ScalingPoint&)> cell;
};
/// Those that every table has, and those of which some point has the figure.
std::vector<Column> series_columns(std::span<const ComparedSeries>);
Cells header_of(std::span<const Column>);
Cells row_of(std::span<const Column>, const ScalingPoint&);
/// What the columns mean.
std::string explanation_of(std::span<const Column>);

/// Where several series have the same place: how they compare with the first one that has it. And points of
/// a strong scaling study that learn something else than its first one.
std::vector<std::string> remarks(std::span<const ComparedSeries>);

/// All series, for a terminal.
std::string plain_text(std::span<const ComparedSeries>);
/// The same in Markdown, with the SVG files of `drawn`, which lie beside it.
std::string markdown(std::span<const ComparedSeries>, std::span<const Chart> drawn);
/// The same and more in full precision, a row for each point.
std::string comma_separated(std::span<const ComparedSeries>);

}  // namespace dtrain::launch
