// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <mpi.h>

#include "comm/communicator.hpp"

namespace dtrain::comm {

/// A Collective over the ranks of `world`. Collective; throws UsageError on an unknown name.
std::unique_ptr<Collective> make_mpi_collective(MPI_Comm world, const CollectiveOptions& options);

}  // namespace dtrain::comm
