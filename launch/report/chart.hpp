// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// A chart as data: what is drawn, free of how. gnuplot.hpp draws it, chart_data_text() is the CSV file
// that lies beside the drawing.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "launch/spread.hpp"

namespace dtrain::launch {

/// Readable on white, and apart from each other for the colour-blind (after P. Tol and M. Okabe, K. Ito).
/// page.css has the same ones for a dark ground.
inline constexpr std::array<std::string_view, 8> palette{
    "#0072b2", "#d55e00", "#009e73", "#aa4499", "#b37a00", "#5b6b8a", "#882255", "#117788"};

/// A figure, and the range in which it was seen. Both ends are the figure itself where there is none.
struct Value {
  double value = 0, low = 0, high = 0;

  static Value exactly(double value) { return {value, value, value}; }
  static Value of(const Spread& spread) { return {spread.median, spread.min, spread.max}; }
  bool has_range() const { return low < high; }
};

struct Point {
  double x = 0;
  Value y;
};

/// `marked`: solid, with a dot at each point. `points`: the dots alone.
enum class LineStyle { marked, solid, dashed, dotted, points };
enum class InKey { yes, no };

struct Line {
  std::string label;
  std::size_t color = 0;  ///< of the palette, over and over
  LineStyle style = LineStyle::solid;
  InKey in_key = InKey::yes;
  std::vector<Point> points = {};
};

/// Lies flat; its parts follow each other.
struct Bar {
  std::string label;
  std::size_t color = 0;  ///< where it has one part; several have the palette's first colours
  std::vector<Value> parts;
};

struct Axis {
  std::string label = {};  ///< with its unit
  /// from_zero: of what is never negative.
  enum class Scale { linear, from_zero, logarithmic } scale = Scale::linear;
  std::vector<double> ticks = {};  ///< empty: where they fit
};

/// Has lines or bars.
struct Chart {
  std::string name;  ///< of its files
  std::string title;
  std::string explanation;  ///< what the figures are and how they were measured
  Axis x = {}, y = {};      ///< bars have x only
  std::vector<Line> lines = {};
  std::vector<Bar> bars = {};
  std::vector<std::string> parts = {};  ///< names of the bars' parts, where there are several
  std::string missing = {};             ///< why there is nothing to draw; empty: there is

  bool is_drawn() const { return missing.empty(); }
};

/// What the chart draws, as comma-separated values in full precision.
std::string chart_data_text(const Chart&);

/// As a CSV field: quoted, since names may hold anything.
std::string csv_quoted(const std::string& text);

}  // namespace dtrain::launch
