// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/mpi/mpi_environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/cores.hpp"
#include "comm/communicator.hpp"

namespace dtrain::comm {
namespace {

const char* own_environment(const char* name) {
  return std::getenv(name);
}

}  // namespace

// A rank that the launcher has bound sees only its own cores, so then all of the node's count.
int shared_cores() {
  const bool bound = own_environment("OMPI_MCA_orte_bound_at_launch") != nullptr ||
                     own_environment("SLURM_CPU_BIND_LIST") != nullptr;
  return bound ? static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)) : available_cores();
}

bool cores_are_shared(int local_ranks) {
  const char* yields = own_environment("OMPI_MCA_mpi_yield_when_idle");
  return local_ranks > shared_cores() || (yields != nullptr && std::string_view(yields) == "1");
}

int largest_tasks_per_node(const std::string& text) {
  int largest = 0;
  for (std::size_t at = 0; at < text.size();) {
    largest = std::max(largest, std::atoi(text.c_str() + at));
    const std::size_t comma = text.find(',', at);
    at = comma == std::string::npos ? text.size() : comma + 1;
  }
  return largest;
}

int launched_local_ranks(const Environment& environment) {
  if (const char* ranks = environment("OMPI_COMM_WORLD_LOCAL_SIZE")) return std::atoi(ranks);
  if (const char* tasks = environment("SLURM_STEP_TASKS_PER_NODE"))
    return largest_tasks_per_node(tasks);
  return 0;
}

void yield_when_oversubscribed() {
  if (launched_local_ranks(own_environment) > shared_cores())
    setenv("OMPI_MCA_mpi_yield_when_idle", "1", /*overwrite=*/0);
}

bool started_by_launcher() {
  return std::ranges::any_of(
      std::initializer_list<const char*>{"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_FD",
                                         "PALS_RANKID", "MV2_COMM_WORLD_SIZE"},
      [](const char* name) { return std::getenv(name) != nullptr; });
}

}  // namespace dtrain::comm
