// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain report: finished runs side by side. A study is a folder of runs; runs of one configuration are
// repeats, of which tables show the median and the range.

#include <fmt/ranges.h>

#include "launch/command_line.hpp"
#include "launch/console.hpp"
#include "launch/scaling_plot.hpp"
#include "train/output_file.hpp"

namespace dtrain::launch {
namespace {

namespace fs = std::filesystem;
using Cells = std::vector<std::string>;

Cells header_cells() {
  return {"nodes", "ranks",    "batch",      "runs",          "samples/s",
          "range", "speed-up", "efficiency", "test accuracy", "J/sample"};
}

Cells cells_of(const ScalingPoint& point) {
  const Spread& speed = point.samples_per_second;
  return {std::to_string(point.nodes),
          std::to_string(point.ranks),
          std::to_string(point.global_batch),
          std::to_string(point.repeats),
          short_number(speed.median),
          fmt::format("{} to {}", short_number(speed.min), short_number(speed.max)),
          fmt::format("{:.2f}", point.speedup),
          fmt::format("{:.0f} %", 100 * point.efficiency),
          point.test_accuracy ? percent_text(point.test_accuracy->median) : "-",
          point.joules_per_sample ? fmt::format("{}{:.3g}", point.energy_is_estimated ? "~" : "",
                                                point.joules_per_sample->median)
                                  : "-"};
}

constexpr std::string_view explanation =
    "samples/s: a run's median epoch, training only; the median of the runs, and their range. "
    "speed-up: over the first line. efficiency: speed-up over the ratio of ranks. J/sample: energy "
    "of "
    "training; - is not measured, ~ is an estimate.";

/// Where several series have the same place: how they compare with the first one that has it.
std::vector<std::string> comparison(std::span<const ScalingSeries> all) {
  std::vector<std::string> lines;
  for (const ScalingSeries& other : all.subspan(1))
    for (const ScalingPoint& point : other.points)
      for (const ScalingPoint& first : all.front().points)
        if (point.ranks == first.ranks && point.nodes == first.nodes &&
            point.global_batch == first.global_batch)
          lines.push_back(fmt::format(
              "{:.2f} times the samples/s with {} as with {} ({} nodes, {} ranks, batch {})",
              point.samples_per_second.median / first.samples_per_second.median, other.title(),
              all.front().title(), point.nodes, point.ranks, point.global_batch));
  return lines;
}

std::string plain_text(std::span<const ScalingSeries> all) {
  std::string text;
  for (const ScalingSeries& series : all) {
    Table table(header_cells(), {});
    for (const ScalingPoint& point : series.points) table.add_row(cells_of(point));
    text += fmt::format("{}\n\n{}\n", series.title(), table.text());
  }
  for (const std::string& line : comparison(all)) text += line + "\n";
  return text;
}

/// `plot`: file name of a picture beside it; empty for none.
std::string markdown(std::span<const ScalingSeries> all, const std::string& plot) {
  const auto row = [](const Cells& cells) {
    return fmt::format("| {} |\n", fmt::join(cells, " | "));
  };
  std::string text = "# Runs side by side\n";
  for (const ScalingSeries& series : all) {
    text += fmt::format("\n## {}\n\n", series.title());
    text += row(header_cells()) + row(Cells(header_cells().size(), "---:"));
    for (const ScalingPoint& point : series.points) text += row(cells_of(point));
  }
  for (const std::string& line : comparison(all)) text += "\n" + line + "\n";
  if (!plot.empty()) text += fmt::format("\n![samples/s over ranks]({})\n", plot);
  return text + fmt::format("\n{}\n", explanation);
}

/// All that the tables say, in full precision, for other programs. Text is quoted: a dataset's name
/// may hold anything.
std::string comma_separated(std::span<const ScalingSeries> all) {
  const auto quoted = [](const std::string& text) {
    std::string inside;
    for (const char c : text) inside += c == '"' ? "\"\"" : std::string(1, c);
    return "\"" + inside + "\"";
  };
  const auto spread = [](const std::optional<Spread>& values) {
    return values ? fmt::format("{},{},{}", values->median, values->min, values->max) : ",,";
  };
  std::string text =
      "model,dataset,device,precision,threads_per_rank,nodes,ranks,global_batch,runs,"
      "samples_per_second,samples_per_second_min,samples_per_second_max,speedup,efficiency,"
      "test_accuracy,test_accuracy_min,test_accuracy_max,"
      "joules_per_sample,joules_per_sample_min,joules_per_sample_max,energy_is_estimated\n";
  for (const ScalingSeries& series : all)
    for (const ScalingPoint& point : series.points)
      text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", quoted(series.model),
                          quoted(series.dataset), series.device, series.precision,
                          series.threads_per_rank, point.nodes, point.ranks, point.global_batch,
                          point.repeats, spread(point.samples_per_second), point.speedup,
                          point.efficiency, spread(point.test_accuracy),
                          spread(point.joules_per_sample), point.energy_is_estimated);
  return text;
}

bool has_a_curve(std::span<const ScalingSeries> all) {
  return std::ranges::any_of(all, [](const ScalingSeries& series) {
    return series.points.front().ranks != series.points.back().ranks;
  });
}

/// Returns the names of the files that it wrote.
std::vector<std::string> write_files(std::span<const ScalingSeries> all, const fs::path& folder,
                                     const std::function<void(const std::string&)>& notice) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Error(fmt::format("cannot make the folder {}: {}; name another one with --output",
                            folder.string(), error.message()));
  std::vector<std::string> files{"report.md", "report.csv"};
  std::string plot;
  if (!has_a_curve(all)) {
    notice("no scaling.svg: all runs have the same number of ranks");
  } else if (find_on_path("gnuplot").empty()) {
    notice("no scaling.svg: gnuplot is not on the PATH (apt-get install gnuplot-nox)");
  } else {
    plot = files.emplace_back("scaling.svg");
    draw_scaling(all, folder / plot);
  }
  train::write_file(folder / "report.md", markdown(all, plot));
  train::write_file(folder / "report.csv", comma_separated(all));
  return files;
}

}  // namespace

ExitCode run_report(Arguments arguments, Session& session) {
  std::vector<std::string> folders;
  std::string output;
  auto parser = make_parser("report",
                            "Finished runs side by side: speed, speed-up, efficiency, accuracy and "
                            "energy, as median and range over the runs of one configuration.");
  parser->add_option("DIR", folders, "folders of runs, or of studies: folders that hold runs")
      ->required();
  parser->add_option("-o,--output", output, "write report.md, report.csv and scaling.svg there too")
      ->type_name("DIR");
  if (!parse(*parser, arguments, session) || !session.is_root()) return ExitCode::done;

  const auto notice = [](const std::string& text) {
    show(stderr, fmt::format("dtrain: note: {}\n", text));
  };
  const auto runs = find_finished_runs(folders, notice);
  const auto all = scaling_series(runs);
  show(stdout, plain_text(all));
  if (!output.empty())
    show(stdout, fmt::format("\nwritten to {}: {}\n", output,
                             fmt::join(write_files(all, output, notice), ", ")));
  return ExitCode::done;
}

}  // namespace dtrain::launch
