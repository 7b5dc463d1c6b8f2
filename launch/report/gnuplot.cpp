// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/report/gnuplot.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>

#include "base/error.hpp"
#include "launch/console.hpp"
#include "launch/report/gnuplot_axis.hpp"

namespace dtrain::launch {
namespace {

constexpr int width = 560;
constexpr std::size_t most_marked_points = 24;  ///< of a line: more dots would hide each other

bool is_control(char c) {
  return std::iscntrl(static_cast<unsigned char>(c)) != 0;
}

/// Labels as long as a drawing has room for, cut between characters of UTF-8.
std::string shortened(std::string text, std::size_t longest) {
  if (text.size() <= longest) return text;
  while (longest > 0 && (static_cast<unsigned char>(text[longest]) & 0xC0) == 0x80) --longest;
  text.resize(longest);
  return text + "...";
}

std::string_view color(std::size_t index) {
  return palette[index % palette.size()];
}

std::string style_of(const Line& line) {
  const bool has_range =
      std::ranges::any_of(line.points, [](const Point& point) { return point.y.has_range(); });
  if (line.style == LineStyle::points)
    return has_range ? "using 1:2:3:4 with yerrorbars" : "using 1:2 with points";
  if (has_range) return "using 1:2:3:4 with yerrorlines";
  const bool is_marked =
      line.style == LineStyle::marked && line.points.size() <= most_marked_points;
  return is_marked ? "using 1:2 with linespoints" : "using 1:2 with lines";
}

std::string dashes_of(LineStyle style) {
  if (style == LineStyle::dashed) return " dashtype (8,5)";
  if (style == LineStyle::dotted) return " dashtype (2,3)";
  return "";
}

std::string marks_of(const std::string& style) {
  if (style.ends_with("with lines")) return "";
  return style.ends_with("with points") ? " pointtype 7 pointsize 1" : " pointtype 7 pointsize 0.6";
}

std::string line_commands(const Chart& chart) {
  Extent x, y;
  std::string data;
  std::vector<std::string> plots;
  for (const Line& line : chart.lines) {
    const std::string block = fmt::format("$line{}", plots.size());
    data += block + " << END\n";
    for (const Point& point : line.points) {
      data += fmt::format("{} {} {} {}\n", point.x, point.y.value, point.y.low, point.y.high);
      x.take(point.x);
      y.take(point.y.low);
      y.take(point.y.high);
    }
    data += "END\n";
    const std::string style = style_of(line);
    plots.push_back(
        fmt::format("{} {} linewidth 2{}{} linecolor rgb '{}' {}", block, style,
                    dashes_of(line.style), marks_of(style), color(line.color),
                    line.in_key == InKey::yes
                        ? fmt::format("title {}", gnuplot_quoted(shortened(line.label, 64)))
                        : "notitle"));
  }
  return axis_commands('x', chart.x, x) + axis_commands('y', chart.y, y) + data +
         fmt::format("plot {}\n", fmt::join(plots, ", "));
}

double total_of(const Bar& bar) {
  double sum = 0;
  for (const Value& part : bar.parts) sum += part.value;
  return sum;
}

/// "1.23k", "0.0042"
std::string figure(double value) {
  return std::abs(value) >= 1000 ? short_number(value) : fmt::format("{:.3g}", value);
}

/// Boxes from left to right, one data block for each color; then ranges, then figures.
std::string bar_commands(const Chart& chart) {
  const bool has_parts = !chart.parts.empty();
  std::vector<std::string> boxes(has_parts ? chart.parts.size() : chart.bars.size()), ticks;
  std::string ranges, figures;
  double longest = 0;
  for (std::size_t row = 0; row < chart.bars.size(); ++row) {
    const Bar& bar = chart.bars[row];
    ticks.push_back(fmt::format("{} {}", gnuplot_quoted(shortened(bar.label, 40)), row));
    double end = 0;
    for (std::size_t i = 0; i < bar.parts.size(); ++i) {
      const double begin = end;
      end += bar.parts[i].value;
      boxes[has_parts ? i : row] += fmt::format("{} {} {}\n", row, begin, end);
    }
    const Value& last = bar.parts.back();
    const double high = std::max(end, bar.parts.size() == 1 ? last.high : end);
    if (bar.parts.size() == 1 && last.has_range())
      ranges += fmt::format("{} {} {} {}\n", last.value, row, last.low, last.high);
    figures += fmt::format("{} {} {}\n", high, row, figure(total_of(bar)));
    longest = std::max(longest, high);
  }
  const double end_of_axis = longest > 0 ? 1.17 * longest : 1;  // with room for the last figure
  std::string text = fmt::format(
      "set xlabel {}\nset xrange [0:{}]\nset yrange [{}:-0.6]\nset ytics scale 0 ({})\nunset grid\n"
      "set grid xtics linecolor rgb 'gray'\n",
      gnuplot_quoted(chart.x.label), end_of_axis, static_cast<double>(chart.bars.size()) - 0.4,
      fmt::join(ticks, ", "));
  text += tick_commands('x', {0, end_of_axis});
  std::vector<std::string> plots;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    text += fmt::format("$box{} << END\n{}END\n", i, boxes[i]);
    plots.push_back(fmt::format(
        "$box{} using 2:1:2:3:($1-0.34):($1+0.34) with boxxyerror fillstyle solid 1 "
        "noborder linecolor "
        "rgb '{}' {}",
        i, color(has_parts ? i : chart.bars[i].color),
        has_parts ? fmt::format("title {}", gnuplot_quoted(chart.parts[i])) : "notitle"));
  }
  text += fmt::format("$figures << END\n{}END\n", figures);
  if (!ranges.empty()) {
    text += fmt::format("$ranges << END\n{}END\n", ranges);
    plots.emplace_back(
        "$ranges using 1:2:3:4 with xerrorbars linewidth 1.5 linecolor rgb 'black' pointtype -1 "
        "notitle");
  }
  plots.emplace_back("$figures using 1:2:3 with labels left offset 0.6,0 notitle");
  return text + fmt::format("plot {}\n", fmt::join(plots, ", "));
}

/// As many columns of the key as its labels leave room for.
int key_columns(const Chart& chart) {
  std::size_t longest = 0;
  for (const Line& line : chart.lines)
    if (line.in_key == InKey::yes) longest = std::max(longest, line.label.size());
  return longest <= 15 ? 3 : longest <= 26 ? 2 : 1;
}

/// Pixels: as many as its rows of bars, or of the key, want.
int height_of(const Chart& chart) {
  if (!chart.bars.empty())
    return 90 + 34 * static_cast<int>(chart.bars.size()) +
           10 * static_cast<int>(chart.parts.size() + 1);
  const auto in_key = static_cast<int>(std::ranges::count(chart.lines, InKey::yes, &Line::in_key));
  const int columns = key_columns(chart);
  return 300 + 20 * ((in_key + columns - 1) / columns);
}

std::string key_commands(const Chart& chart) {
  if (!chart.parts.empty()) return "set key above left Left reverse vertical maxcols 2 samplen 1\n";
  return fmt::format("set key above left Left reverse vertical maxcols {} samplen 2\n",
                     key_columns(chart));
}

std::string terminal(const Chart& chart, Picture picture) {
  const int height = height_of(chart);
  if (picture == Picture::svg)
    return fmt::format(
        "set terminal svg size {},{} font 'sans-serif,13' noenhanced background 'white'\n", width,
        height);
  return fmt::format(
      "set terminal pngcairo size {},{} font 'sans,13' fontscale 2 linewidth 2 pointscale 2 "
      "noenhanced background 'white'\n",
      2 * width, 2 * height);
}

}  // namespace

bool has_gnuplot() {
  return !find_on_path("gnuplot").empty();
}

void draw(const Chart& chart, Picture picture, const std::filesystem::path& file) {
  if (std::ranges::any_of(file.string(), is_control))
    throw Error(fmt::format("gnuplot cannot write {}: name a folder without control characters",
                            as_one_line(file.string())));
  const std::string script =
      terminal(chart, picture) + fmt::format("set output {}\n", gnuplot_quoted(file.string())) +
      "set encoding utf8\nset border 3\nset tics nomirror\nset grid linecolor rgb 'gray'\n" +
      key_commands(chart) + (chart.bars.empty() ? line_commands(chart) : bar_commands(chart));
  // -d: no init file of the user's.
  std::FILE* gnuplot = popen("gnuplot -d", "w");
  if (gnuplot == nullptr) throw Error("cannot start gnuplot");
  std::fwrite(script.data(), 1, script.size(), gnuplot);
  if (pclose(gnuplot) != 0)
    throw Error(fmt::format("gnuplot could not draw {}: its own words are above", file.string()));
}

}  // namespace dtrain::launch
