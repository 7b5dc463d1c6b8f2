// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/run_summary.hpp"

#include "train/json.hpp"

namespace dtrain::train {
namespace {

Json step_milliseconds(const measure::StepSummary& time) {
  const auto phase = [&](Phase which) {
    return time.phase_median_ms[static_cast<std::size_t>(which)];
  };
  return {{"median", time.median_ms},
          {"p95", time.p95_ms},
          {"data", phase(Phase::data)},
          {"forward", phase(Phase::forward)},
          {"backward", phase(Phase::backward)},
          {"comm_exposed", phase(Phase::comm_exposed)},
          {"optimizer", phase(Phase::optimizer)}};
}

}  // namespace

std::string to_json_text(const RunSummary& run) {
  const TrainingResult& result = run.result;
  Json epochs = Json::array();
  std::optional<double> test_accuracy = result.test_accuracy;
  for (const EpochRecord& record : run.earlier_epochs) epochs.push_back(to_json(record));
  for (const EpochRecord& record : result.epochs) epochs.push_back(to_json(record));
  if (result.epochs.empty() && !run.earlier_epochs.empty())
    test_accuracy = run.earlier_epochs.back().test_accuracy;
  const bool trained = result.samples_per_second > 0;

  const Json summary = {
      {"schema", 1},
      {"command", run.command},
      {"stop_reason", to_string(result.stop_reason)},
      {"world_size", run.world_size},
      {"nodes", run.nodes},
      {"threads_per_rank", run.threads_per_rank},
      {"device", run.device},
      {"device_name", run.device_name},
      {"precision", run.precision},
      {"comm", run.comm},
      {"model", run.model},
      {"parameters", run.parameters},
      {"flops_per_sample", run.flops_per_sample},
      {"dataset", run.dataset},
      {"train_samples", run.train_samples},
      {"test_samples", run.test_samples},
      {"global_batch", run.global_batch},
      {"shards", run.shards},
      {"seed", run.seed},
      {"reproducible", run.reproducible},
      {"skipped_steps", result.skipped_steps},
      {"epochs", epochs},
      {"test_accuracy", json_or_null(test_accuracy)},
      {"samples_per_second", trained ? Json(result.samples_per_second) : Json(nullptr)},
      {"step_milliseconds", step_milliseconds(result.step_time)},
      {"gflops",
       trained ? Json(result.samples_per_second * static_cast<double>(run.flops_per_sample) * 1e-9)
               : Json(nullptr)},
      {"energy",
       {{"joules", nullptr},
        {"net_joules", nullptr},
        {"idle_watts", nullptr},
        {"sources", Json::array()},
        {"estimated", false}}},
      {"peak_rss_bytes", result.peak_rss_bytes},
      {"optimizer_state_bytes", result.optimizer_state_bytes},
      {"startup_seconds", result.startup_seconds},
      {"mpi_init_seconds", run.mpi_init_seconds},
      {"weights_hash", result.weights_hash}};
  return to_text(summary, 2) + "\n";
}

}  // namespace dtrain::train
