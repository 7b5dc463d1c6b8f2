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

/// The sum of what `measure` finds on each rank, all at the same time, as training uses the cores. None
/// where a rank trains on something else.
template <class Measure>
std::optional<double> measured_together(comm::Communicator& communicator, bool on_cores,
                                        const Measure& measure) {
  communicator.barrier();
  double sum = on_cores ? measure() : NAN;
  communicator.allreduce(std::span(&sum, 1), comm::ReduceOp::sum);
  return std::isnan(sum) ? std::nullopt : std::optional(sum);
}

/// The same on all ranks.
double longest(comm::Communicator& communicator, double seconds) {
  communicator.allreduce(std::span(&seconds, 1), comm::ReduceOp::max);
  return seconds;
}

/// The memory's bandwidth takes a few tenths of a second to measure: shorter runs do without.
constexpr double worth_measuring_seconds = 2;

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
  since_start_.restart();
}

void RunInstruments::finish(train::RunSummary& run, int threads,
                            const std::filesystem::path& folder) {
  const double seconds = since_start_.seconds();
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
  const bool on_cores = run.device == "cpu";
  run.peak_gflops = measured_together(communicator_, on_cores,
                                      [&] { return measure::measure_fma_gflops(threads, 0.05); });
  if (longest(communicator_, seconds) >= worth_measuring_seconds)
    run.memory_gb_per_s = measured_together(communicator_, on_cores, [&] {
      return measure::measure_memory_gb_per_s(threads, communicator_.local_size());
    });
}

}  // namespace dtrain::launch
