// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "base/stopwatch.hpp"
#include "launch/train_settings.hpp"
#include "measure/clock_offset.hpp"
#include "measure/counter_sampler.hpp"
#include "measure/energy_meter.hpp"
#include "measure/trace.hpp"
#include "train/run_summary.hpp"

namespace dtrain::launch {

/// What measures a run besides the clock of its steps, as --energy and --trace ask. All calls but
/// for_trainer() and details() are collective.
class RunInstruments {
 public:
  /// The communicator outlives it.
  RunInstruments(const TrainSettings&, comm::Communicator&, const kernels::Device&);

  train::Instruments for_trainer(RankProgress progress) { return {&energy_, details(), progress}; }
  DetailSink* details() { return trace_.get(); }
  measure::EnergyFacts energy_facts() { return energy_.facts(); }

  /// Right before training: the machines are still idle.
  void start();
  /// Right after it: puts what was measured into `run`, with the peak of ranks that have `threads`
  /// on the device, and their memory's bandwidth. Writes trace.json into the root's `folder` where it was asked for.
  void finish(train::RunSummary& run, int threads, const std::filesystem::path& folder);

 private:
  comm::Communicator& communicator_;
  measure::EnergyMeter energy_;
  std::unique_ptr<measure::Trace> trace_;
  std::unique_ptr<measure::CounterSampler> sampler_;
  std::optional<double> slurm_before_;
  Stopwatch since_start_;
};

}  // namespace dtrain::launch
