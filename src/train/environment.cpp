// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <sys/utsname.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/cores.hpp"
#include "kernels/device/device.hpp"
#include "train/json.hpp"
#include "train/run_summary.hpp"

extern char** environ;

namespace dtrain::train {
namespace {

/// What can change results. Whole families, as their members are many.
constexpr std::string_view prefixes[] = {"DTRAIN_", "OMP_",    "GOMP_", "KMP_",   "OMPI_MCA_",
                                         "DNNL_",   "ONEDNN_", "CUDA_", "CUDNN_", "NCCL_"};
/// Where the run happened. By name: Slurm's environment also holds secrets.
constexpr const char* slurm_names[] = {
    "SLURM_CLUSTER_NAME", "SLURM_JOB_ID",        "SLURM_ARRAY_JOB_ID",  "SLURM_ARRAY_TASK_ID",
    "SLURM_JOB_NAME",     "SLURM_JOB_PARTITION", "SLURM_JOB_NODELIST",  "SLURM_JOB_NUM_NODES",
    "SLURM_NTASKS",       "SLURM_CPUS_PER_TASK", "SLURM_RESTART_COUNT", "SLURM_STEP_ID"};

Json environment_variables() {
  Json variables = Json::object();
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    if (std::ranges::any_of(prefixes, [&](std::string_view p) { return text.starts_with(p); }))
      variables[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  return variables;
}

Json slurm_ids() {
  Json ids = Json::object();
  for (const char* name : slurm_names)
    if (const char* value = std::getenv(name)) ids[name] = value;
  return ids;
}

}  // namespace

std::string environment_json_text(
    const std::vector<std::pair<std::string, std::string>>& software) {
  utsname system{};
  uname(&system);
  Json versions = Json::object();
  for (const auto& [name, version] : software) versions[name] = version;
  const Json environment = {
      {"schema", 1},
      {"host", system.nodename},
      {"system", std::string(system.sysname) + " " + system.release + " " + system.machine},
      {"cpu", kernels::processor_name()},
      {"gpu", nullptr},  // no rank uses one yet
      {"cores", available_cores()},
      {"software", versions},
      {"slurm", slurm_ids()},
      {"variables", environment_variables()}};
  return to_text(environment, 2) + "\n";
}

}  // namespace dtrain::train
