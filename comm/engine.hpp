// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "comm/communicator.hpp"
#include "comm/gradient_reducer.hpp"

namespace dtrain::comm {

/// What the user asks for; what is left open is measured or follows from the machine.
struct EngineRequest {
  std::string comm = "auto";  ///< "auto", "mpi", "node" or "nccl"
  std::optional<double> bucket_mb = std::nullopt;
  std::optional<bool> overlap = std::nullopt;
  bool compress = false, shard = false;
  std::size_t gradient_bytes = 0;
  int gradient_addends = 1;           ///< that a rank keeps apart
  kernels::Device* device = nullptr;  ///< where the gradients are; null: in the host's memory
};

/// How this job sums its gradients.
struct Engine {
  std::unique_ptr<Collective> collective;
  double bucket_mb = 0;
  ReducerOptions options;
  std::string reason;  ///< what was chosen and why, for the banner
};

/// Chooses by what it measures now: two sums of at most 8 MB for each candidate, and more while they
/// take less than a sixth of a second; all ranks choose alike. GPUs sum by NCCL where each rank has
/// its own, else by way of the host's memory. Collective. Throws UsageError where --comm nccl cannot
/// be.
Engine make_engine(Communicator& communicator, const EngineRequest& request);

/// What a bucket holds at most where nothing else is asked for; on one node all of them.
inline constexpr double largest_bucket_mb = 25;

/// Buckets for several nodes, of which each costs little more for its latency. `seconds`: of one sum
/// of so many bytes, asked for at most twice.
double fitting_bucket_mb(std::size_t gradient_bytes,
                         const std::function<double(std::size_t bytes)>& seconds);

}  // namespace dtrain::comm
