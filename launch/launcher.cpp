// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/launcher.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "base/cores.hpp"
#include "base/error.hpp"
#include "launch/console.hpp"

namespace dtrain::launch {
namespace {

/// A setting that the user's own environment overrides.
void prefer(const char* name, const char* value) {
  setenv(name, value, /*overwrite=*/0);
}

/// How many ranks the fullest host gets.
std::int64_t most_ranks_on_a_host(const Placement& placement) {
  const std::int64_t ranks = placement.ranks;
  const std::string& hosts = placement.hosts;
  const std::int64_t host_count = 1 + std::count(hosts.begin(), hosts.end(), ',');
  std::int64_t most = (ranks + host_count - 1) / host_count;
  for (std::size_t at = hosts.find(':'); at != std::string::npos; at = hosts.find(':', at + 1))
    most = std::max<std::int64_t>(most, std::strtol(&hosts[at + 1], nullptr, 10));
  return std::min(most, ranks);
}

/// What ranks are bound to, in mpirun's and in srun's words. A rank per core is bound to it; fewer
/// ranks share their socket's cores among their threads.
struct Binding {
  const char *policy, *cpu_bind;
};
Binding binding_for(std::int64_t ranks, std::int64_t cores) {
  if (ranks > cores) return {"none", "--cpu-bind=none"};
  if (ranks == cores) return {"core", "--cpu-bind=cores"};
  return {"socket", "--cpu-bind=sockets"};
}

std::vector<std::string> mpirun_command(const Placement& placement) {
  if (placement.ranks_per_node > 0)
    throw UsageError("--ranks-per-node is for srun: mpirun takes --hosts a:2,b:2");
  if (find_on_path("mpirun").empty())
    throw Error("there is no mpirun on the PATH: install Open MPI (apt-get install openmpi-bin)");
  const int cores = available_cores();
  const std::int64_t ranks_here = most_ranks_on_a_host(placement);

  if (geteuid() == 0) {
    prefer("OMPI_ALLOW_RUN_AS_ROOT", "1");
    prefer("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
  }
  prefer("OMPI_MCA_rmaps_base_oversubscribe", "1");
  prefer("OMPI_MCA_hwloc_base_binding_policy", binding_for(ranks_here, cores).policy);
  if (ranks_here > cores) prefer("OMPI_MCA_mpi_yield_when_idle", "1");
  // A host that says nothing for 10 s is lost; by default mpirun would wait for it for ever.
  prefer("OMPI_MCA_oob_tcp_keepalive_time", "5");
  prefer("OMPI_MCA_oob_tcp_keepalive_intvl", "1");
  prefer("OMPI_MCA_oob_tcp_keepalive_probes", "5");

  std::vector<std::string> command{"mpirun", "-np", std::to_string(placement.ranks)};
  if (!placement.hosts.empty()) command.insert(command.end(), {"-H", placement.hosts});
  for (const char* name : {"DTRAIN_DATA", "DTRAIN_SYSFS_ROOT", "DTRAIN_NVML"})
    if (std::getenv(name) != nullptr) command.insert(command.end(), {"-x", name});
  return command;
}

/// "72(x2),36", Slurm's numbers of the nodes of a job -> 180, their sum.
std::int64_t sum_over_nodes(const std::string& text) {
  std::int64_t sum = 0;
  std::istringstream list(text);
  for (std::string part; std::getline(list, part, ',');) {
    int each = 0, times = 1;
    if (std::sscanf(part.c_str(), "%d(x%d", &each, &times) > 0) sum += std::int64_t{each} * times;
  }
  return sum;
}

std::vector<std::string> srun_command(const Placement& placement) {
  const std::int64_t ranks = placement.ranks, per_node = placement.ranks_per_node;
  const std::string& hosts = placement.hosts;
  if (std::getenv("SLURM_JOB_ID") == nullptr)
    throw UsageError("srun starts ranks inside a Slurm job: ask for one with salloc or sbatch");
  if (hosts.find(':') != std::string::npos)
    throw UsageError(fmt::format(
        "--hosts {}: inside a Slurm job name the hosts alone; Slurm spreads the ranks", hosts));
  const char* cpus = std::getenv("SLURM_JOB_CPUS_PER_NODE");
  const std::int64_t cores = cpus != nullptr ? sum_over_nodes(cpus) : ranks;

  std::vector<std::string> command{"srun", "--mpi=pmix", "--kill-on-bad-exit=1", "--ntasks",
                                   std::to_string(ranks)};
  if (per_node > 0)
    command.insert(command.end(), {"--nodes", std::to_string((ranks + per_node - 1) / per_node),
                                   "--ntasks-per-node", std::to_string(std::min(ranks, per_node))});
  // Since Slurm 22.05 srun does not take this from the job around it.
  const char* cpus_per_rank = std::getenv("SLURM_CPUS_PER_TASK");
  if (cpus_per_rank != nullptr && ranks * std::strtol(cpus_per_rank, nullptr, 10) <= cores)
    command.insert(command.end(), {"--cpus-per-task", cpus_per_rank});
  if (ranks > cores) command.emplace_back("--overcommit");
  if (std::getenv("SLURM_CPU_BIND") == nullptr)
    command.emplace_back(binding_for(ranks, cores).cpu_bind);
  if (!hosts.empty()) command.insert(command.end(), {"--nodelist", hosts});
  return command;
}

}  // namespace

bool slurm_starts_ranks(const Placement& placement) {
  if (!placement.launcher.empty()) return placement.launcher == "srun";
  return std::getenv("SLURM_JOB_ID") != nullptr && !find_on_path("srun").empty();
}

std::vector<std::string> launcher_command(const Placement& placement) {
  return slurm_starts_ranks(placement) ? srun_command(placement) : mpirun_command(placement);
}

}  // namespace dtrain::launch
