// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "nn/replica.hpp"
#include "optim/optimizer.hpp"

namespace dtrain::train {

/// One of the optimizer's state arrays over the arena's whole trainable part, in device memory,
/// however many ranks share it between them.
struct WholeState {
  std::string name;
  std::unique_ptr<kernels::Allocation> array;
};

WholeState empty_state(const std::string& name, nn::Replica&);

/// The optimizer's state if it owns all of it; else (`is_sharded`, the same on all ranks, which is
/// then collective) what the ranks own is put together on the root, and the others get nothing.
std::vector<WholeState> gather_state(optim::Optimizer&, nn::Replica&, comm::Communicator&,
                                     bool is_sharded);

/// Copies what this rank owns from `whole` into the optimizer's array.
void take_owned(const WholeState& whole, const optim::Optimizer&, const optim::StateArray&,
                nn::Replica&);

}  // namespace dtrain::train
