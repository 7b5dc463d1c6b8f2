// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/report/page.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "launch/console.hpp"
#include "launch/report/html.hpp"
#include "launch/report/tables.hpp"
#include "launch/version.hpp"

namespace dtrain::launch {
namespace {

using html::escaped;

std::string paragraph(const std::string& text) {
  return fmt::format("<p>{}</p>\n", escaped(text));
}

std::string section(std::string_view heading, const std::string& content) {
  return fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", heading, content);
}

std::string joules_text(const std::optional<double>& joules, const RunRecord& record) {
  return joules ? fmt::format("{}{:.4g}", record.run.energy_is_estimated ? "~" : "", *joules) : "-";
}

std::size_t count_runs(const PageContent& page) {
  std::size_t runs = 0;
  for (const Configuration& each : page.configurations) runs += each.repeats.size();
  return runs;
}

std::string header(const PageContent& page) {
  std::string text =
      fmt::format("<header>\n<h1>Training report</h1>\n<p>{} of {}. Written by dtrain {}.</p>\n",
                  counted(count_runs(page), "run"),
                  counted(std::ssize(page.configurations), "configuration"), version);
  if (!page.notice.empty())
    text += fmt::format("<p class=\"notice\" role=\"note\">{}</p>\n", escaped(page.notice));
  return text + "</header>\n";
}

std::string series_section(const PageContent& page) {
  const auto columns = series_columns(page.series);
  std::string text;
  for (const ComparedSeries& each : page.series) {
    std::vector<Cells> rows;
    for (const ScalingPoint& point : each.series.points) rows.push_back(row_of(columns, point));
    text += html::table(each.title(), header_of(columns), rows, 0);
  }
  text += paragraph(explanation_of(columns));
  const auto lines = remarks(page.series);
  if (!lines.empty()) {
    text += "<ul>\n";
    for (const std::string& line : lines) text += fmt::format("<li>{}</li>\n", escaped(line));
    text += "</ul>\n";
  }
  return section("Configurations", text);
}

std::string figures_section(const PageContent& page) {
  std::string figures, missing;
  for (const auto& [chart, svg] : page.drawings) {
    if (!chart.is_drawn())
      missing += fmt::format("<li>{}: {}.</li>\n", escaped(chart.title), escaped(chart.missing));
    else if (!svg.empty())
      figures += fmt::format(
          "<figure>\n<h3>{0}</h3>\n{1}<figcaption>{2} "
          "<a href=\"{3}.csv\">Data</a>, <a href=\"{3}.svg\">SVG</a>.</figcaption>\n</figure>\n",
          escaped(chart.title), html::inline_svg(svg, chart.name, chart.title),
          escaped(chart.explanation), chart.name);
  }
  std::string text;
  if (!figures.empty())
    text = section("Figures", fmt::format("<div class=\"figures\">\n{}</div>\n", figures));
  if (!missing.empty())
    text += section("Not in these runs", fmt::format("<ul>\n{}</ul>\n", missing));
  return text;
}

std::string runs_section(const PageContent& page) {
  const auto figure = [](const std::optional<double>& value) {
    return value ? fmt::format("{:.4g}", *value) : "-";
  };
  std::vector<Cells> rows;
  for (const Configuration& each : page.configurations)
    for (const RunRecord& record : each.repeats)
      rows.push_back({record.run.folder.string(), each.label, std::to_string(record.epochs.size()),
                      percent_text(record.run.test_accuracy),
                      short_number(record.run.samples_per_second), figure(record.step_ms),
                      figure(record.gflops), percent_text(record.fraction_of_peak),
                      joules_text(record.joules, record), joules_text(record.net_joules, record)});
  return section(
      "Runs",
      html::table("All runs",
                  {"folder", "configuration", "epochs", "test accuracy", "samples/s", "ms a step",
                   "GFLOP/s", "of peak", "J", "net J"},
                  rows, 2) +
          paragraph(
              "ms a step: median, of the slowest rank. GFLOP/s: of the median epoch. of peak: "
              "over what the cores of all ranks reached with multiply-adds alone, measured right "
              "after training. J: training and evaluation; net: less idle power. - is not "
              "measured, ~ is an estimate."));
}

/// Where the figures come from: enough to have them again.
std::string origin_section(const PageContent& page) {
  std::string text = "<dl>\n";
  for (const Configuration& each : page.configurations)
    for (const RunRecord& record : each.repeats) {
      const auto& sources = record.energy_sources;
      text += fmt::format(
          "<dt>{}</dt>\n<dd><code>{}</code></dd>\n<dd>{}; energy: {}; weights {}</dd>\n",
          escaped(record.run.folder.string()), escaped(record.command),
          escaped(record.device_name.empty() ? record.run.device : record.device_name),
          sources.empty() ? "not measured" : escaped(fmt::format("{}", fmt::join(sources, ", "))),
          escaped(record.weights_hash.empty() ? "not recorded" : record.weights_hash));
    }
  return section("Where it comes from", text + "</dl>\n");
}

}  // namespace

std::string page_text(const PageContent& page) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>Training report</title>\n"
      "<style>\n{}</style>\n</head>\n<body>\n{}<main>\n{}{}{}{}</main>\n</body>\n</html>\n",
      page_style(), header(page), series_section(page), figures_section(page), runs_section(page),
      origin_section(page));
}

}  // namespace dtrain::launch
