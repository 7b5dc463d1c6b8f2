// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <functional>
#include <string>

namespace dtrain::comm {

/// Reads an environment variable; null when it is not set.
using Environment = std::function<const char*(const char*)>;

/// Ranks that the launcher (Open MPI's mpirun, Slurm's srun) says it starts on this node; 0: it
/// does not say.
int launched_local_ranks(const Environment&);

/// "4(x2),3" -> 4: the largest of Slurm's tasks per node. 0 when it cannot be read.
int largest_tasks_per_node(const std::string& text);

/// Cores that this node's ranks share.
int shared_cores();

/// Whether `local_ranks` ranks on this node outnumber its cores, or the user has told Open MPI to give
/// idle cores away, as where several jobs share them.
bool cores_are_shared(int local_ranks);

/// Before MPI_Init: where ranks outnumber cores, waiting ranks must give their core away, or every
/// message costs a scheduler's time slice. Sets Open MPI's mpi_yield_when_idle unless the user did.
void yield_when_oversubscribed();

}  // namespace dtrain::comm
