// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain report: finished runs side by side. A study is a folder of runs; runs of one configuration are
// repeats, of which tables and plots show the median and the range.

#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "launch/command_line.hpp"
#include "launch/console.hpp"
#include "launch/report/charts.hpp"
#include "launch/report/gnuplot.hpp"
#include "launch/report/page.hpp"
#include "launch/report/tables.hpp"
#include "train/json.hpp"
#include "train/output_file.hpp"

namespace dtrain::launch {
namespace {

namespace fs = std::filesystem;
using Notice = std::function<void(const std::string&)>;

/// Runs that are compared with each other.
struct Study {
  std::string name;  ///< empty: the only one, or the runs that were named one by one
  std::vector<FinishedRun> runs;
};

/// Folders of runs stay apart where there are several; all folders that are runs belong together.
std::vector<Study> find_studies(const std::vector<std::string>& folders, const Notice& notice) {
  std::vector<Study> studies;
  for (const std::string& folder : folders) {
    auto runs = find_finished_runs(std::span(&folder, 1), notice);
    const bool is_run = runs.front().folder == fs::path(folder);
    const std::string name = is_run ? "" : train::valid_utf8(folder);
    auto study = std::ranges::find(studies, name, &Study::name);
    if (study == studies.end()) study = studies.insert(studies.end(), {name, {}});
    std::ranges::move(runs, std::back_inserter(study->runs));
  }
  if (studies.size() == 1) studies.front().name.clear();
  return studies;
}

std::vector<ComparedSeries> all_series(const std::vector<Study>& studies) {
  std::vector<ComparedSeries> all;
  for (const Study& study : studies)
    for (ScalingSeries& series : scaling_series(study.runs))
      all.push_back({study.name, std::move(series)});
  return all;
}

std::vector<Configuration> all_configurations(const std::vector<Study>& studies) {
  std::vector<RunRecord> records;
  for (const Study& study : studies)
    for (const FinishedRun& run : study.runs) records.push_back(read_record(run, study.name));
  return configurations(std::move(records));
}

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Draws what there is to draw into `folder`, with its data beside it.
std::vector<Drawing> draw_all(std::vector<Chart> charts, const fs::path& folder, bool can_draw,
                              bool with_png) {
  std::vector<Drawing> drawings;
  for (Chart& chart : charts) {
    std::string svg;
    if (chart.is_drawn()) {
      train::write_file(folder / (chart.name + ".csv"), chart_data_text(chart));
      if (can_draw) {
        draw(chart, Picture::svg, folder / (chart.name + ".svg"));
        svg = text_of(folder / (chart.name + ".svg"));
        if (with_png) draw(chart, Picture::png, folder / (chart.name + ".png"));
      }
    }
    drawings.push_back({std::move(chart), std::move(svg)});
  }
  return drawings;
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Error(fmt::format("cannot make the folder {}: {}; name another one with --output",
                            folder.string(), error.message()));
}

/// Returns what it wrote, in words.
std::string write_files(const std::vector<Study>& studies,
                        const std::vector<ComparedSeries>& series, const fs::path& folder,
                        bool with_png, const Notice& notice) {
  make_folder(folder);
  PageContent page{.series = series, .configurations = all_configurations(studies)};
  const bool can_draw = has_gnuplot();
  if (!can_draw) {
    page.notice =
        "no plots: gnuplot is not on the PATH (apt-get install gnuplot-nox); their data are "
        "written";
    notice(page.notice);
  }
  page.drawings = draw_all(all_charts(page.configurations, series), folder, can_draw, with_png);
  std::vector<Chart> drawn;
  std::vector<std::string> names;
  for (const auto& [chart, svg] : page.drawings) {
    if (chart.is_drawn()) names.push_back(chart.name);
    if (!svg.empty()) drawn.push_back(chart);
  }
  train::write_file(folder / "report.md", markdown(series, drawn));
  train::write_file(folder / "report.csv", comma_separated(series));
  train::write_file(folder / "report.html", page_text(page));
  return fmt::format("report.html, report.md, report.csv, and {} of: {}",
                     !can_draw  ? ".csv"
                     : with_png ? ".svg, .png and .csv"
                                : ".svg and .csv",
                     fmt::join(names, ", "));
}

}  // namespace

ExitCode run_report(Arguments arguments, Session& session) {
  std::vector<std::string> folders;
  std::string output;
  bool with_png = false;
  auto parser = make_parser("report",
                            "Finished runs side by side: speed, speed-up, efficiency, accuracy and "
                            "energy, as median and range over the runs of one configuration.");
  parser->add_option("DIR", folders, "folders of runs, or of studies: folders that hold runs")
      ->required();
  parser
      ->add_option("-o,--output", output,
                   "write report.html, report.md, report.csv and plots as .svg and .csv there")
      ->type_name("DIR");
  parser->add_flag("--png", with_png, "plots as .png too");
  if (!parse(*parser, arguments, session) || !session.is_root()) return ExitCode::done;
  if (with_png && output.empty())
    throw UsageError("--png writes files: name a folder for them with --output");

  const auto notice = [](const std::string& text) {
    show(stderr, fmt::format("dtrain: note: {}\n", text));
  };
  const auto studies = find_studies(folders, notice);
  const auto series = all_series(studies);
  show(stdout, plain_text(series));
  if (!output.empty())
    show(stdout, fmt::format("\nwritten to {}: {}\n", output,
                             write_files(studies, series, output, with_png, notice)));
  return ExitCode::done;
}

}  // namespace dtrain::launch
