// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <memory>

#include "comm/collective.hpp"

namespace dtrain::comm {

/// Sums of a device's memory by a collective for host memory: for GPUs without NCCL, several ranks on
/// one GPU, and an MPI that knows no GPUs. Every block has a page-locked twin in the host's memory;
/// what is summed goes there and back piece by piece, copies of one piece beside the sum of another.
/// `device` outlives the collective. `ranks`: how many `host` sums over.
std::unique_ptr<Collective> make_staged_collective(kernels::Device& device,
                                                   std::unique_ptr<Collective> host, int ranks);

}  // namespace dtrain::comm
