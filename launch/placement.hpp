// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <string>
#include <vector>

#include "comm/communicator.hpp"

namespace dtrain::launch {

/// Where a rank runs and what it reaches from there.
struct RankPlace {
  std::string host;
  std::vector<int> cpus;  ///< the system's numbers of the hardware threads it may run on, ascending
  std::vector<int> cores;  ///< the physical cores that these belong to, named by their first thread
  int gpus = 0;            ///< that CUDA shows it
  std::string no_gpus;     ///< why there are none
  bool has_infiniband = false;   ///< the node has an InfiniBand or RoCE device
  bool uses_infiniband = false;  ///< and MPI has opened it
};

/// Every rank's, in rank order, on all of them. Collective. Hosts have exchanged a message by then, so
/// that MPI has chosen its transport.
std::vector<RankPlace> rank_places(comm::Communicator& communicator);

/// {0, 1, 2, 8} -> "0-2,8"
std::string ranges_text(const std::vector<int>& ascending);

/// What a job asked for, as Slurm's variables say; 0: not said.
struct Granted {
  int cpus_per_task = 0;
  int gpus_per_node = 0;
};

/// One thing that was looked at.
struct Check {
  bool good = true;
  std::string subject;  ///< "cores"
  std::string text;     ///< what was found, and what to do where it is not good
};

/// What looks right and wrong about where the ranks of a job run.
std::vector<Check> check_placements(const std::vector<RankPlace>& ranks, const Granted& granted);

}  // namespace dtrain::launch
