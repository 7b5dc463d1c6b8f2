// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/study_record.hpp"

#include <fmt/format.h>

#include "launch/study_fits.hpp"
#include "train/json.hpp"

namespace dtrain::launch {
namespace {

using train::Json;
using train::json_or_null;

/// "cnn-fp32-r2-t1-b256-3" -> 3; none for a folder that the study has not named.
std::optional<std::int64_t> repeat_of(const std::filesystem::path& folder) {
  const std::string name = folder.filename().string();
  const std::string digits = name.substr(name.rfind('-') + 1);
  if (digits.empty() || digits.size() > 9 ||
      digits.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::stoll(digits);
}

Json to_json(const StudyOptions& options) {
  const StudyMatrix& matrix = options.matrix;
  const char* batch = matrix.kind == StudyKind::weak ? "batch_per_rank" : "global_batch";
  return {{"models", matrix.models},
          {"data", options.data},
          {"ranks", matrix.ranks},
          {"threads", matrix.threads},
          {batch, matrix.batches},
          {"devices", matrix.devices},
          {"precisions", matrix.precisions},
          {"comms", matrix.comms},
          {"epochs", options.epochs},
          {"repeats", matrix.repeats},
          {"train_options", options.train_words}};
}

Json to_json(const std::optional<StepMilliseconds>& step) {
  if (!step) return nullptr;
  return {{"median", step->median},      {"p95", step->p95},
          {"data", step->data},          {"forward", step->forward},
          {"backward", step->backward},  {"comm_exposed", step->comm_exposed},
          {"optimizer", step->optimizer}};
}

Json to_json(const FinishedRun& run) {
  return {{"folder", run.folder.filename().string()},
          {"model", run.model},
          {"dataset", run.dataset},
          {"device", run.device},
          {"precision", run.precision},
          {"comm", run.comm},
          {"nodes", run.nodes},
          {"ranks", run.ranks},
          {"threads_per_rank", run.threads_per_rank},
          {"global_batch", run.global_batch},
          {"repeat", json_or_null(repeat_of(run.folder))},
          {"samples_per_second", run.samples_per_second},
          {"epoch_seconds", json_or_null(run.epoch_seconds)},
          {"step_milliseconds", to_json(run.step)},
          {"ideal_samples_per_second", json_or_null(run.ideal_samples_per_second)},
          {"gflops", json_or_null(run.gflops)},
          {"fraction_of_peak", json_or_null(run.fraction_of_peak)},
          {"moved_gb_per_s", json_or_null(run.moved_gb_per_s)},
          {"test_accuracy", json_or_null(run.test_accuracy)},
          {"energy_joules", json_or_null(run.energy_joules)},
          {"joules_per_epoch", json_or_null(run.joules_per_epoch)},
          {"joules_per_sample", json_or_null(run.joules_per_sample)},
          {"estimated", run.energy_is_estimated}};
}

Json to_json(const AllreduceTime& time) {
  return {{"ranks", time.ranks},         {"nodes", time.nodes},         {"bytes", time.bytes},
          {"algorithm", time.algorithm}, {"median_us", time.median_us}, {"repeat", time.repeat}};
}

Json to_json(const std::optional<Spread>& spread) {
  if (!spread) return nullptr;
  return {{"median", spread->median},
          {"min", spread->min},
          {"max", spread->max},
          {"mean", spread->mean},
          {"half_width_95", json_or_null(spread->half_width_95)}};
}

/// A column of the points, in study.json and study.csv alike.
struct SpreadColumn {
  const char* name;
  std::optional<Spread> ScalingPoint::*values;
};
constexpr SpreadColumn spread_columns[] = {
    {"ideal_samples_per_second", &ScalingPoint::ideal_samples_per_second},
    {"fraction_of_ideal", &ScalingPoint::fraction_of_ideal},
    {"exposed_communication", &ScalingPoint::exposed_communication},
    {"epoch_seconds", &ScalingPoint::epoch_seconds},
    {"gflops", &ScalingPoint::gflops},
    {"fraction_of_peak", &ScalingPoint::fraction_of_peak},
    {"moved_gb_per_s", &ScalingPoint::moved_gb_per_s},
    {"test_accuracy", &ScalingPoint::test_accuracy},
    {"joules_per_epoch", &ScalingPoint::joules_per_epoch},
    {"joules_per_sample", &ScalingPoint::joules_per_sample},
};

Json to_json(const ScalingSeries& series, const ScalingPoint& point,
             const std::optional<double>& karp_flatt) {
  Json json = {{"model", series.model},
               {"dataset", series.dataset},
               {"device", series.device},
               {"precision", series.precision},
               {"comm", series.comm},
               {"threads_per_rank", series.threads_per_rank},
               {"nodes", point.nodes},
               {"ranks", point.ranks},
               {"global_batch", point.global_batch},
               {"runs", point.repeats},
               {"samples_per_second", to_json(point.samples_per_second)},
               {"speedup", point.speedup},
               {"speedup_half_width_95", json_or_null(point.speedup_half_width_95)},
               {"efficiency", point.efficiency},
               {"efficiency_half_width_95", json_or_null(point.efficiency_half_width_95)},
               {"karp_flatt", json_or_null(karp_flatt)}};
  for (const SpreadColumn& column : spread_columns)
    json[column.name] = to_json(point.*column.values);
  json["accuracy_differs"] = point.accuracy_differs;
  json["energy_is_estimated"] = point.energy_is_estimated;
  return json;
}

std::string quoted(const std::string& text) {
  std::string inside;
  for (const char c : text) inside += c == '"' ? "\"\"" : std::string(1, c);
  return fmt::format("\"{}\"", inside);
}

std::string csv_cell(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "";
}

std::string csv_cells(const std::optional<Spread>& spread) {
  if (!spread) return ",,,";
  return fmt::format("{},{},{},{}", spread->median, spread->min, spread->max,
                     csv_cell(spread->half_width_95));
}

std::string csv_names(const char* name) {
  return fmt::format(",{0},{0}_min,{0}_max,{0}_half_width_95", name);
}

}  // namespace

std::string study_json(const StudyRecord& record) {
  Json json = {{"schema", 1},
               {"kind", to_string(record.options.matrix.kind)},
               {"command", record.command},
               {"options", to_json(record.options)},
               {"runs", Json::array()},
               {"allreduce", Json::array()},
               {"points", Json::array()},
               {"fits", {{"serial_fractions", Json::array()}, {"allreduce", Json::array()}}}};
  for (const FinishedRun& run : record.runs) json["runs"].push_back(to_json(run));
  for (const AllreduceTime& time : record.allreduce) json["allreduce"].push_back(to_json(time));
  for (const ScalingSeries& series : record.series) {
    const SerialFractions fractions = serial_fractions(series);
    for (std::size_t i = 0; i < series.points.size(); ++i)
      json["points"].push_back(to_json(series, series.points[i], fractions.karp_flatt[i]));
    json["fits"]["serial_fractions"].push_back({{"series", series.title()},
                                                {"amdahl", json_or_null(fractions.amdahl)},
                                                {"gustafson", json_or_null(fractions.gustafson)}});
  }
  for (const AllreduceFit& fit : fit_allreduce(record.allreduce))
    json["fits"]["allreduce"].push_back({{"algorithm", fit.algorithm},
                                         {"ranks", fit.ranks},
                                         {"nodes", fit.nodes},
                                         {"latency_seconds", fit.latency_seconds},
                                         {"seconds_per_byte", fit.seconds_per_byte}});
  return train::to_text(json, 2) + "\n";
}

std::string study_csv(const StudyRecord& record) {
  std::string text =
      "model,dataset,device,precision,comm,threads_per_rank,nodes,ranks,global_batch,runs";
  text += csv_names("samples_per_second");
  text += ",speedup,speedup_half_width_95,efficiency,efficiency_half_width_95,karp_flatt";
  for (const SpreadColumn& column : spread_columns) text += csv_names(column.name);
  text += ",accuracy_differs,energy_is_estimated\n";
  for (const ScalingSeries& series : record.series) {
    const SerialFractions fractions = serial_fractions(series);
    for (std::size_t i = 0; i < series.points.size(); ++i) {
      const ScalingPoint& point = series.points[i];
      text +=
          fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}", quoted(series.model),
                      quoted(series.dataset), series.device, series.precision, series.comm,
                      series.threads_per_rank, point.nodes, point.ranks, point.global_batch,
                      point.repeats, csv_cells(point.samples_per_second), point.speedup,
                      csv_cell(point.speedup_half_width_95), point.efficiency,
                      csv_cell(point.efficiency_half_width_95), csv_cell(fractions.karp_flatt[i]));
      for (const SpreadColumn& column : spread_columns)
        text += fmt::format(",{}", csv_cells(point.*column.values));
      text += fmt::format(",{},{}\n", point.accuracy_differs, point.energy_is_estimated);
    }
  }
  return text;
}

}  // namespace dtrain::launch
