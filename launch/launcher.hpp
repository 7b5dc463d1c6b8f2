// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dtrain::launch {

/// Where ranks are to run: HOST[:RANKS],… as --hosts takes it; empty: this machine or the Slurm job.
struct Placement {
  std::int64_t ranks = 1;
  std::string hosts;
};

/// Inside a Slurm job ranks are started by srun, elsewhere by Open MPI's mpirun.
bool slurm_starts_ranks();

/// The launcher and its options, up to the command that every rank runs. mpirun's settings travel in
/// this process's environment, where the user's own come first. Throws Error where there is no mpirun,
/// UsageError for hosts that the launcher does not take.
std::vector<std::string> launcher_command(const Placement& placement);

}  // namespace dtrain::launch
