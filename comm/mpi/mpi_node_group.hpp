// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <mpi.h>

#include <cstdint>

#include "comm/node/node_group.hpp"

namespace dtrain::comm {

/// The ranks of `comm`, all or some of those of `node`, with MPI-3 shared-memory windows. All ranks
/// of the node are in such groups and allocate together, for they share its /dev/shm. Collective.
/// Outlived by nothing that it allocated.
std::unique_ptr<NodeGroup> make_mpi_node_group(MPI_Comm comm, MPI_Comm node);

/// Bytes that are free where Open MPI keeps shared windows, /dev/shm; the largest number where the
/// system does not say.
std::uint64_t free_shared_memory();

}  // namespace dtrain::comm
