// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain study predict: how training would scale on more nodes, from runs on one and what sums take
// between two. docs/predict.md has the formulas.

#include <fmt/ranges.h>

#include "launch/command_line.hpp"
#include "launch/console.hpp"
#include "launch/scaling_predictor.hpp"
#include "launch/study.hpp"
#include "train/json.hpp"

namespace dtrain::launch {
namespace {

namespace fs = std::filesystem;
using train::Json;

struct Settings {
  std::vector<std::string> folders, sums;
  std::optional<double> link_us, link_gbit, node_us, node_gb;
  PredictionOptions prediction;
  bool json = false, csv = false;

  PredictionOptions options() const {
    PredictionOptions all = prediction;
    if (link_us) all.link = measure::LatencyBandwidthFit{1e-6 * *link_us, 8e-9 / *link_gbit};
    if (node_us) all.node = measure::LatencyBandwidthFit{1e-6 * *node_us, 1e-9 / *node_gb};
    return all;
  }
};

void print_table(const std::vector<PredictedPoint>& points, const std::string& title) {
  Table table({"ranks", "nodes", "batch", "step", "compute", "sums", "exposed", "samples/s",
               "speed-up", "efficiency", "measured", "error"},
              {});
  const auto milliseconds = [](double seconds) { return fmt::format("{:.4g} ms", 1e3 * seconds); };
  for (const PredictedPoint& point : points)
    table.add_row({with_commas(point.ranks), with_commas(point.nodes),
                   with_commas(point.global_batch), milliseconds(point.step.seconds),
                   milliseconds(point.compute_seconds), milliseconds(point.step.sum_seconds),
                   milliseconds(point.step.exposed_seconds), short_number(point.samples_per_second),
                   fmt::format("{:.2f}", point.speedup),
                   fmt::format("{:.0f} %", 100 * point.efficiency),
                   point.measured ? short_number(*point.measured) : "-",
                   point.measured ? fmt::format("{:+.1f} %", 100 * *point.error()) : "-"});
  show(stdout, fmt::format("{}\n\n{}\n", title, table.text()));
}

/// One prediction with all that it says, for other programs.
Json json_of(const ScalingPredictor& predictor, const PredictedPoint& point) {
  const measure::LatencyBandwidthFit& link = predictor.link();
  const FinishedRun& run = predictor.kind().runs.front();
  return {{"model", run.model},
          {"dataset", run.dataset},
          {"device", run.device},
          {"precision", run.precision},
          {"threads_per_rank", run.threads_per_rank},
          {"scaling", point.scaling == Scaling::weak ? "weak" : "strong"},
          {"ranks", point.ranks},
          {"nodes", point.nodes},
          {"global_batch", point.global_batch},
          {"step_ms", 1e3 * point.step.seconds},
          {"compute_ms", 1e3 * point.compute_seconds},
          {"comm_ms", 1e3 * point.step.sum_seconds},
          {"comm_exposed_ms", 1e3 * point.step.exposed_seconds},
          {"samples_per_second", point.samples_per_second},
          {"speedup", point.speedup},
          {"efficiency", point.efficiency},
          {"bucket_mb", point.bucket_mb},
          {"across", point.across.empty() ? Json() : Json(point.across)},
          {"link_us", 1e6 * link.latency_seconds},
          {"link_gbit", link.seconds_per_byte > 0 ? Json(8e-9 / link.seconds_per_byte) : Json()},
          {"measured_samples_per_second", train::json_or_null(point.measured)},
          {"error", train::json_or_null(point.error())}};
}

/// A line of values in the order of json_of(). Text is quoted as in JSON but for quotes, which are
/// doubled; null is empty.
std::string csv_line(const Json& row) {
  std::vector<std::string> cells;
  for (const auto& [name, value] : row.items()) {
    if (!value.is_string()) {
      cells.push_back(value.is_null() ? "" : value.dump());
      continue;
    }
    std::string quoted = "\"";
    for (const char c : value.get<std::string>()) quoted += c == '"' ? "\"\"" : std::string(1, c);
    cells.push_back(quoted += '"');
  }
  return fmt::format("{}\n", fmt::join(cells, ","));
}

std::string csv_header(const Json& row) {
  std::vector<std::string> names;
  for (const auto& [name, value] : row.items()) names.push_back(name);
  return fmt::format("{}\n", fmt::join(names, ","));
}

void print_text(const ScalingPredictor& predictor) {
  print_table(predictor.points(Scaling::weak),
              fmt::format("{}: weak scaling, {} samples a rank", predictor.kind().title,
                          predictor.batch_per_rank()));
  print_table(predictor.points(Scaling::strong),
              fmt::format("{}: strong scaling, batch {}", predictor.kind().title,
                          predictor.global_batch()));
  std::string text = "Predicted, not measured, from:\n";
  for (const std::string& line : predictor.assumptions()) text += fmt::format("* {}\n", line);
  show(stdout, text + "\n");
}

void add_options(CLI::App& parser, Settings& s) {
  constexpr std::int64_t most_ranks = 1 << 24;
  parser.add_option("DIR", s.folders, "folders of runs, or of studies: what steps take")
      ->required();
  parser
      .add_option("--allreduce", s.sums,
                  "what `bench allreduce --json` printed: what sums take; a study brings its own")
      ->type_name("FILE")
      ->allow_extra_args(false);
  auto* link_us = parser.add_option("--link-us", s.link_us, "latency of a step between nodes")
                      ->type_name("X")
                      ->check(number_in(0, 1e9));
  auto* link_gbit = parser
                        .add_option("--link-gbit", s.link_gbit,
                                    "Gbit/s that a node sends and receives at the same time")
                        ->type_name("X")
                        ->check(number_in(1e-6, 1e6));
  auto* node_us = parser.add_option("--node-us", s.node_us, "latency of a sum within a node")
                      ->type_name("X")
                      ->check(number_in(0, 1e9));
  auto* node_gb =
      parser.add_option("--node-gb", s.node_gb, "GB of an array a node sums per second")
          ->type_name("X")
          ->check(number_in(1e-6, 1e6));
  link_us->needs(link_gbit);
  link_gbit->needs(link_us);
  node_us->needs(node_gb);
  node_gb->needs(node_us);
  parser
      .add_option("--ranks", s.prediction.ranks,
                  "numbers of ranks, as 64,128,4096 (default: 1, 2, 4, … 1024 nodes)")
      ->type_name("LIST")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(integer_in(1, most_ranks));
  parser
      .add_option("--ranks-per-node", s.prediction.ranks_per_node,
                  "ranks on each node (default: the most that a run has)")
      ->type_name("N")
      ->check(integer_in(1, most_ranks));
  parser
      .add_option("--batch-per-rank", s.prediction.batch_per_rank,
                  "of weak scaling (default: the largest measured)")
      ->type_name("N")
      ->check(integer_in(1, 1 << 24));
  parser
      .add_option("--global-batch", s.prediction.global_batch,
                  "of strong scaling (default: the largest measured)")
      ->type_name("N")
      ->check(integer_in(1, 1 << 30));
  parser.add_option("--bucket-mb", s.prediction.bucket_mb, "as for train")
      ->type_name("X")
      ->check(number_in(0.001, 1e6));
  parser.add_flag_function(
      "--overlap,!--no-overlap", [&s](std::int64_t count) { s.prediction.overlap = count > 0; },
      "as for train");
  parser
      .add_option("--across", s.prediction.across,
                  "ring, recursive-doubling or rabenseifner between nodes (default: the fastest)")
      ->type_name("NAME")
      ->check(one_of({"ring", "recursive-doubling", "rabenseifner"}));
  auto* json = parser.add_flag("--json", s.json, "print one JSON object per prediction");
  parser.add_flag("--csv", s.csv, "print one line of values per prediction")->excludes(json);
}

}  // namespace

ExitCode run_study_predict(Arguments arguments, Session& session) {
  Settings settings;
  auto parser = make_parser("study predict",
                            "How training would scale, from measured steps and sums: dtrain study "
                            "predict DIR --link-us 2 --link-gbit 200.");
  add_options(*parser, settings);
  if (!parse(*parser, arguments, session) || !session.is_root()) return ExitCode::done;

  const auto runs = find_finished_runs(settings.folders, [](const std::string& text) {
    show(stderr, fmt::format("dtrain: note: {}\n", text));
  });
  std::vector<MeasuredSum> sums;
  std::vector<fs::path> files(settings.sums.begin(), settings.sums.end());
  for (const std::string& folder : settings.folders)
    if (fs::exists(fs::path(folder) / "study.json"))
      files.push_back(fs::path(folder) / "study.json");
  for (const fs::path& file : files) std::ranges::copy(read_sums(file), std::back_inserter(sums));

  bool is_first = true;
  for (RunKind& kind : kinds_of(runs)) {
    const ScalingPredictor predictor(std::move(kind), settings.options(), sums);
    if (!settings.json && !settings.csv) {
      print_text(predictor);
      continue;
    }
    for (const Scaling scaling : {Scaling::weak, Scaling::strong}) {
      for (const PredictedPoint& point : predictor.points(scaling)) {
        const Json row = json_of(predictor, point);
        if (settings.csv && is_first) show(stdout, csv_header(row));
        is_first = false;
        show(stdout, settings.csv ? csv_line(row) : train::to_text(row) + "\n");
      }
    }
  }
  return ExitCode::done;
}

}  // namespace dtrain::launch
