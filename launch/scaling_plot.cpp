// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/scaling_plot.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "base/error.hpp"

namespace dtrain::launch {
namespace {

/// In gnuplot's single quotes, where only the quote itself is special.
std::string quoted(const std::string& text) {
  std::string inside;
  for (const char c : text) inside += c == '\'' ? "''" : std::string(1, c);
  return "'" + inside + "'";
}

std::string gnuplot_script(std::span<const ScalingSeries> series, const std::string& file) {
  std::string script = fmt::format(
      "set terminal svg size 720,480 noenhanced background 'white'\n"
      "set output {}\n"
      "set xlabel 'ranks'\nset ylabel 'samples/s (median, least to most)'\n"
      "set logscale x 2\nset logscale y\nset grid\nset key top left\nset offsets graph 0.1, "
      "graph 0.1, 0, 0\n",
      quoted(file));
  std::string plots;
  for (std::size_t i = 0; i < series.size(); ++i) {
    script += fmt::format("$series{} << END\n", i);
    const ScalingPoint& base = series[i].points.front();
    for (const ScalingPoint& point : series[i].points)
      script += fmt::format("{} {} {} {} {}\n", point.ranks, point.samples_per_second.median,
                            point.samples_per_second.min, point.samples_per_second.max,
                            base.samples_per_second.median * static_cast<double>(point.ranks) /
                                static_cast<double>(base.ranks));
    script += "END\n";
    plots += fmt::format(
        "{0}$series{1} using 1:2:3:4 with yerrorlines linetype {2} pointtype 7 title {3}, "
        "$series{1} using 1:5 with lines linetype {2} dashtype 2 title 'ideal'",
        i == 0 ? "plot " : ", ", i, i + 1, quoted(series[i].title()));
  }
  return script + plots + "\n";
}

}  // namespace

void draw_scaling(std::span<const ScalingSeries> series, const std::filesystem::path& svg_file) {
  const std::string script = gnuplot_script(series, svg_file.string());
  std::FILE* gnuplot = popen("gnuplot", "w");
  if (gnuplot == nullptr) throw Error("cannot start gnuplot");
  std::fwrite(script.data(), 1, script.size(), gnuplot);
  if (pclose(gnuplot) != 0)
    throw Error(
        fmt::format("gnuplot could not draw {}: its own words are above", svg_file.string()));
}

}  // namespace dtrain::launch
