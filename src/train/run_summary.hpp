// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "measure/energy_meter.hpp"
#include "train/energy_report.hpp"
#include "train/trainer.hpp"

namespace dtrain::train {

/// What summary.json says (docs: the contract's names, schema 1).
struct RunSummary {
  std::string command;  ///< the command line
  int world_size = 1, nodes = 1, threads_per_rank = 1;
  std::string device, device_name, precision, comm;
  std::string model;
  std::int64_t parameters = 0, flops_per_sample = 0;
  double bytes_per_sample = 0;  ///< moved by the layers, forward and backward; 0: not known
  std::string dataset;
  std::int64_t train_samples = 0, test_samples = 0;
  std::int64_t global_batch = 0, shards = 0;
  std::uint64_t seed = 0;
  bool reproducible = false;
  double mpi_init_seconds = 0;
  std::optional<double> peak_gflops;      ///< measured, of all ranks' devices together
  std::optional<double> memory_gb_per_s;  ///< likewise
  double target_accuracy = 0;             ///< 0: none
  measure::EnergyFacts energy = {};
  std::optional<double> slurm_joules;       ///< of the same time, as Slurm counted
  std::vector<EpochRecord> earlier_epochs;  ///< of a resumed run, before its checkpoint
  TrainingResult result;
};

/// In training, evaluation left out; none where nothing was trained.
std::optional<double> achieved_gflops(const RunSummary&);

/// All epochs of the run, resumed or not.
std::vector<EpochRecord> all_epochs(const RunSummary&);

/// Its energy, as one run's.
EnergyReport energy_report(const RunSummary&);

/// The text of summary.json.
std::string to_json_text(const RunSummary&);

/// The text of environment.json: host, operating system, CPU, `software` (name, version) and the
/// environment variables that can change results or say where the run happened.
std::string environment_json_text(const std::vector<std::pair<std::string, std::string>>& software);

}  // namespace dtrain::train
