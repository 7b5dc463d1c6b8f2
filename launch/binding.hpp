// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Which device and how many threads a rank gets.

#include <memory>
#include <string>

#include "comm/communicator.hpp"
#include "kernels/backend.hpp"

namespace dtrain::launch {

/// Cores in this rank's affinity mask, divided by the ranks of its node whose masks overlap with
/// it; at least 1. Collective.
int fair_threads(comm::Communicator& communicator);

/// The device that `option` (--device) gives a rank: "cpu" or "cuda". One name serves all ranks; a
/// list has one per local rank; auto is cpu. Throws UsageError.
std::string pick_device(const std::string& option, int local_rank, int local_size);

/// Throws Error where the device or its module is missing.
std::unique_ptr<kernels::Backend> make_backend(const std::string& device, int threads);

}  // namespace dtrain::launch
