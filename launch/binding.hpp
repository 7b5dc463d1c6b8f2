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

/// What a rank computes on.
struct DeviceChoice {
  std::string name = "cpu";  ///< "cpu" or "cuda"
  int ordinal = 0;           ///< how many ranks of this node with a smaller number use a GPU too
};

/// What `option` (--device) gives a rank. One name serves all ranks; a list has one per local rank;
/// auto is cuda where an NVIDIA driver, a GPU and the CUDA module are there, else cpu. Throws
/// UsageError.
DeviceChoice pick_device(const std::string& option, int local_rank, int local_size);

/// How it is to compute there.
struct ComputeOptions {
  int threads = 1;  ///< of the CPU
  std::string precision = "fp32";
  bool reproducible = false;
};

/// GPUs go to ranks in turn: rank i of a node takes GPU i of those that CUDA_VISIBLE_DEVICES leaves,
/// and from the first one again where ranks outnumber them. Throws Error where the device or its
/// module is missing, UsageError for a precision that it has not.
std::unique_ptr<kernels::Backend> make_backend(const DeviceChoice& device,
                                               const ComputeOptions& options);

}  // namespace dtrain::launch
