// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/run_instruments.hpp"

#include <cmath>

#include "base/host_name.hpp"
#include "measure/hardware_probe.hpp"
#include "measure/slurm_energy.hpp"
#include "train/trace_file.hpp"

namespace dtrain::launch {
namespace {

measure::EnergyOptions energy_options(const TrainSettings& settings,
                                      const kernels::Device& device) {
  return {.choice = measure::parse_energy_choice(settings.energy),
          .request = measure::EnergyRequest::from_environment(),
          .host = host_name(),
          .gpu = device.unique_name()};
}

/// Of all ranks' cores, measured at the same time, as training uses them. None where a rank trains on
/// something else.
std::optional<double> measured_peak(comm::Communicator& communicator, bool on_cores, int threads) {
  communicator.barrier();
  double gflops = on_cores ? measure::measure_fma_gflops(threads, 0.05) : NAN;
  communicator.allreduce(std::span(&gflops, 1), comm::ReduceOp::sum);
  return std::isnan(gflops) ? std::nullopt : std::optional(gflops);
}

}  // namespace

RunInstruments::RunInstruments(const TrainSettings& settings, comm::Communicator& communicator,
                               const kernels::Device& device)
    : communicator_(communicator),
      energy_(communicator, energy_options(settings, device)),
      trace_(settings.trace ? std::make_unique<measure::Trace>() : nullptr) {}

void RunInstruments::start() {
  energy_.measure_idle();
  if (communicator_.is_root()) slurm_before_ = measure::slurm_step_joules();
  if (trace_) sampler_ = std::make_unique<measure::CounterSampler>(*trace_, energy_);
}

void RunInstruments::finish(train::RunSummary& run, int threads,
                            const std::filesystem::path& folder) {
  sampler_.reset();
  run.energy = energy_.facts();
  if (communicator_.is_root())
    if (const auto slurm_after = measure::slurm_step_joules())
      run.slurm_joules = *slurm_after - slurm_before_.value_or(0);
  if (trace_) {
    const std::string host = host_name();
    const auto offset = measure::measure_clock_offset(communicator_, host);
    train::write_trace(communicator_, *trace_, offset, host, folder / "trace.json");
  }
  run.peak_gflops = measured_peak(communicator_, run.device == "cpu", threads);
}

}  // namespace dtrain::launch
