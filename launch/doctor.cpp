// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain doctor: what this build and this machine have, and why not.

#include <fmt/ranges.h>

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/cores.hpp"
#include "base/host_name.hpp"
#include "hdf5/file.hpp"
#include "kernels/backend.hpp"
#include "kernels/device/cuda_module.hpp"
#include "kernels/device/device.hpp"
#include "launch/binding.hpp"
#include "launch/command_line.hpp"
#include "launch/console.hpp"
#include "launch/doctor_slurm.hpp"
#include "launch/revision.hpp"
#include "launch/version.hpp"
#include "measure/energy_sources.hpp"

namespace dtrain::launch {
namespace {

namespace fs = std::filesystem;

void line(bool present, std::string_view name, const std::string& text) {
  fmt::print("  [{}] {:<18}{}\n", present ? 'X' : ' ', name, text);
}

void section(std::string_view title) {
  fmt::print("\n{}\n", title);
}

void describe_build() {
  section("Build");
  line(true, "dtrain",
       fmt::format("{}{}{}", version, *revision != '\0' ? ", revision " : "", revision));
  line(true, "compiler", fmt::format("{}, {}", compiler, build_type));
  line(true, "oneDNN", kernels::onednn_version());
  line(true, "HDF5", hdf5::library_version());
}

void describe_mpi() {
  section("Ranks");
  line(true, "MPI", comm::MpiSession::library_version());
  const std::string mpirun = find_on_path("mpirun");
  line(!mpirun.empty(), "mpirun",
       mpirun.empty() ? "not on the PATH (apt-get install openmpi-bin)" : mpirun);
  const std::string srun = find_on_path("srun");
  const char* job = std::getenv("SLURM_JOB_ID");
  line(!srun.empty(), "Slurm",
       srun.empty()     ? "no srun on the PATH"
       : job != nullptr ? fmt::format("{}, in job {}", srun, job)
                        : srun);
  // An extension of Open MPI and its children, which other libraries do not have.
  using Query = int (*)();
  const auto query = reinterpret_cast<Query>(dlsym(RTLD_DEFAULT, "MPIX_Query_cuda_support"));
  const bool aware = query != nullptr && query() == 1;
  line(aware, "CUDA-aware MPI", aware ? "yes" : "no: GPU ranks copy through host memory");
}

void describe_cpu() {
  section("CPU");
  const auto online = sysconf(_SC_NPROCESSORS_ONLN);
  const int mine = available_cores();
  line(true, "processor", kernels::processor_name());
  line(true, "cores", fmt::format("{} of {} may be used", mine, online));
  line(mine < online, "binding", mine < online ? "bound to some of the cores" : "none: all cores");
  const double pages = static_cast<double>(sysconf(_SC_PHYS_PAGES));
  line(true, "memory", bytes_text(pages * static_cast<double>(sysconf(_SC_PAGESIZE))));
  std::error_code error;
  const auto shared = fs::space("/dev/shm", error);
  line(!error, "shared memory",
       error
           ? error.message()
           : fmt::format("{} free in /dev/shm", bytes_text(static_cast<double>(shared.available))));
}

void describe_gpu() {
  section("GPU");
  std::optional<kernels::CudaReport> report;
  std::string problem;
  try {
    report = kernels::CudaModule::open().report();
  } catch (const Error& error) {
    problem = error.what();
  }
  line(report.has_value(), "CUDA module",
       report ? fmt::format("CUDA {}", kernels::cuda_version_text(report->runtime_version))
              : problem);
  if (!report) {
    line(false, "GPUs",
         fs::exists("/dev/nvidiactl") ? "a driver is there, but no CUDA module"
                                      : "no NVIDIA driver");
    for (const char* library : {"cuDNN", "NCCL"})
      line(false, library, "not without the CUDA module");
    return;
  }
  line(report->devices > 0, "GPUs",
       report->devices > 0 ? std::to_string(report->devices) : report->problem);
  line(report->driver_version > 0, "driver",
       report->driver_version > 0
           ? fmt::format("serves CUDA {}", kernels::cuda_version_text(report->driver_version))
           : "none");
  line(report->code_architecture > 0, "kernels",
       report->code_architecture > 0 ? fmt::format("run as sm_{}", report->code_architecture)
                                     : report->problem);
  line(report->code_architecture > 0, "--device auto", pick_device("auto", 0, 1).name);
  line(report->cudnn_version > 0, "cuDNN", kernels::cudnn_version_text(report->cudnn_version));
  line(report->nccl_version > 0, "NCCL", kernels::nccl_version_text(report->nccl_version));
}

void describe_energy() {
  section("Energy counters");
  const auto request = measure::EnergyRequest::from_environment();
  for (const measure::EnergySourceEntry& entry : measure::energy_sources()) {
    const measure::EnergyOffer offer = entry.open(request);
    line(offer.available(), entry.name,
         offer.available()
             ? fmt::format("{}: {}", entry.counts, fmt::join(offer.source->counters(), ", "))
             : offer.why_not);
  }
  line(true, "tdp:WATTS", "an estimate, to be asked for: --energy tdp:280");
}

}  // namespace

ExitCode run_doctor(Arguments arguments, Session& session) {
  bool slurm = false;
  auto parser = make_parser("doctor", "What this build and this machine have.");
  parser->add_flag(
      "--slurm", slurm,
      "inside a Slurm job: what it was granted, where its ranks run, what looks wrong");
  if (!parse(*parser, arguments, session)) return ExitCode::done;
  if (slurm) {
    describe_slurm_job(session);
    return ExitCode::done;
  }
  if (!session.is_root()) return ExitCode::done;
  fmt::print("dtrain {} on {}\n", version, host_name());
  describe_build();
  describe_mpi();
  describe_cpu();
  describe_gpu();
  describe_energy();
  return ExitCode::done;
}

}  // namespace dtrain::launch
