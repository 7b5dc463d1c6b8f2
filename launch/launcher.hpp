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
  std::string launcher;             ///< mpirun or srun; empty: srun inside a Slurm job, else mpirun
  std::int64_t ranks_per_node = 0;  ///< srun's; 0: as Slurm spreads them
};

/// Are the ranks started by srun, or by Open MPI's mpirun?
bool slurm_starts_ranks(const Placement& placement);

/// The launcher and its options, up to the command that every rank runs. mpirun's settings travel in
/// this process's environment, where the user's own come first. Throws Error where there is no mpirun,
/// UsageError for hosts that the launcher does not take and for srun outside of a Slurm job.
std::vector<std::string> launcher_command(const Placement& placement);

}  // namespace dtrain::launch
