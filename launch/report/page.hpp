// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "launch/report/chart.hpp"
#include "launch/report/compared_series.hpp"
#include "launch/report/configuration.hpp"

namespace dtrain::launch {

struct Drawing {
  Chart chart;
  std::string svg;  ///< text of its SVG file; empty where there is no gnuplot, or nothing to draw
};

struct PageContent {
  std::vector<ComparedSeries> series;
  std::vector<Configuration> configurations;
  std::vector<Drawing> drawings = {};
  std::string notice = {};  ///< shown on top; empty: none
};

/// report.html: one file that needs nothing but itself.
std::string page_text(const PageContent&);

/// The text of page.css, embedded at build time.
std::string_view page_style();

}  // namespace dtrain::launch
