// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "comm/communicator.hpp"
#include "measure/energy_sources.hpp"

namespace dtrain::measure {

struct EnergyOptions {
  EnergyChoice choice;
  EnergyRequest request;
  std::string host;  ///< this rank's machine
  std::string gpu;   ///< UUID of the GPU that this rank computes on; empty: none
};

/// What one rank reads.
struct EnergyAssignment {
  std::vector<std::unique_ptr<EnergySource>> sources;
  std::vector<std::string> problems;  ///< what this rank was to read and cannot
};

/// Divides the reading up so that each node and each GPU in use is read by one rank, and nothing twice:
/// a node's source by its first rank; a GPU by the lowest rank that computes on it, unless the source
/// of its node includes GPUs. A GPU source that was asked for by name on ranks without GPUs counts all
/// GPUs of their nodes. What cannot be read on one node is left out on all: part of a sum is no sum.
/// Collective.
EnergyAssignment assign_energy_sources(comm::Communicator&, const EnergyOptions&);

}  // namespace dtrain::measure
