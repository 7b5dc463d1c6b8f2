// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/run_summary.hpp"

#include "train/json.hpp"

namespace dtrain::train {
namespace {

/// Medians (or other quantiles) by phase.
Json phases(const std::array<double, phase_count>& milliseconds) {
  const auto phase = [&](Phase which) { return milliseconds[static_cast<std::size_t>(which)]; };
  return {{"data", phase(Phase::data)},
          {"forward", phase(Phase::forward)},
          {"backward", phase(Phase::backward)},
          {"comm_exposed", phase(Phase::comm_exposed)},
          {"optimizer", phase(Phase::optimizer)}};
}

Json step_milliseconds(const measure::StepSummary& time) {
  Json step = {{"median", time.median_ms}, {"p95", time.p95_ms}};
  step.update(phases(time.phase_median_ms));
  return step;
}

/// Where each rank's steps went.
Json rank_table(const std::vector<RankFigures>& ranks) {
  Json table = Json::array();
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    Json row = {{"rank", rank}};
    row.update(step_milliseconds(ranks[rank].step_time));
    row["p95_by_phase"] = phases(ranks[rank].step_time.phase_p95_ms);
    row["peak_rss_bytes"] = ranks[rank].peak_rss_bytes;
    table.push_back(std::move(row));
  }
  return table;
}

Json energy_json(const RunSummary& run) {
  const EnergyReport report = energy_report(run);
  const measure::EnergyFacts& facts = run.energy;
  const bool counts = !facts.sources.empty();
  return {{"joules", json_or_null(report.joules)},
          {"net_joules", json_or_null(report.net_joules)},
          {"idle_watts", json_or_null(facts.idle_watts)},
          {"sources", facts.sources},
          {"estimated", facts.estimated},
          {"uncertainty_joules", json_or_null(report.uncertainty_joules)},
          {"average_watts", json_or_null(report.average_watts)},
          {"joules_per_sample", json_or_null(report.joules_per_sample)},
          {"joules_per_epoch", json_or_null(report.joules_per_epoch)},
          {"joules_to_target_accuracy", json_or_null(report.joules_to_target)},
          {"energy_delay_joule_seconds", json_or_null(report.energy_delay)},
          {"resolution_seconds", counts ? Json(facts.resolution_seconds) : Json(nullptr)},
          {"slurm_joules", json_or_null(run.slurm_joules)},
          {"not_measured", facts.problems}};
}

/// Where the run lies in the roofline model (S. Williams, A. Waterman and D. Patterson, "Roofline: an
/// insightful visual performance model for multicore architectures", CACM 52(4), 2009).
Json roofline(const RunSummary& run) {
  const auto flops = static_cast<double>(run.flops_per_sample);
  const bool counted = run.bytes_per_sample > 0;
  return {{"flops_per_sample", run.flops_per_sample},
          {"bytes_per_sample", counted ? Json(run.bytes_per_sample) : Json(nullptr)},
          {"intensity", counted ? Json(flops / run.bytes_per_sample) : Json(nullptr)},
          {"gflops", json_or_null(achieved_gflops(run))},
          {"peak_gflops", json_or_null(run.peak_gflops)},
          {"memory_gb_per_s", json_or_null(run.memory_gb_per_s)}};
}

}  // namespace

std::optional<double> achieved_gflops(const RunSummary& run) {
  if (run.result.samples_per_second == 0) return std::nullopt;
  return run.result.samples_per_second * static_cast<double>(run.flops_per_sample) * 1e-9;
}

std::vector<EpochRecord> all_epochs(const RunSummary& run) {
  std::vector<EpochRecord> epochs = run.earlier_epochs;
  epochs.insert(epochs.end(), run.result.epochs.begin(), run.result.epochs.end());
  return epochs;
}

EnergyReport energy_report(const RunSummary& run) {
  return energy_report(run.result, all_epochs(run), run.target_accuracy);
}

std::string to_json_text(const RunSummary& run) {
  const TrainingResult& result = run.result;
  Json epochs = Json::array();
  std::optional<double> test_accuracy = result.test_accuracy;
  for (const EpochRecord& record : all_epochs(run)) epochs.push_back(to_json(record));
  if (result.epochs.empty() && !run.earlier_epochs.empty())
    test_accuracy = run.earlier_epochs.back().test_accuracy;
  const bool trained = result.samples_per_second > 0;
  const std::optional<double> gflops = achieved_gflops(run);

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
      {"ranks", rank_table(result.ranks)},
      {"load_imbalance", trained ? Json(load_imbalance(result.ranks)) : Json(nullptr)},
      {"straggler", to_json(result.straggler)},
      {"gflops", json_or_null(gflops)},
      {"peak_gflops", json_or_null(run.peak_gflops)},
      {"fraction_of_peak",
       gflops && run.peak_gflops ? Json(*gflops / *run.peak_gflops) : Json(nullptr)},
      {"roofline", roofline(run)},
      {"energy", energy_json(run)},
      {"peak_rss_bytes", result.peak_rss_bytes},
      {"optimizer_state_bytes", result.optimizer_state_bytes},
      {"startup_seconds", result.startup_seconds},
      {"mpi_init_seconds", run.mpi_init_seconds},
      {"weights_hash", result.weights_hash}};
  return to_text(summary, 2) + "\n";
}

}  // namespace dtrain::train
