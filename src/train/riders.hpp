// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What ranks have to agree on in every step travels at the end of the gradient arena and is summed
// with the gradient: no message of its own.

#include <cstdint>
#include <span>

#include "nn/loss.hpp"
#include "tensor/parameter_arena.hpp"

namespace dtrain::train {

/// Of one pass, of a rank, or of all ranks.
struct Riders {
  float loss = 0, correct = 0;  ///< shares of the means over the global batch
  float stop_requests = 0;
};
/// The last rider is the Synchronizer's own.
static_assert(sizeof(Riders) <= (tensor::ParameterArena::rider_count - 1) * sizeof(float));

/// A pass's part of what a batch of `global_batch` samples gives.
Riders riders_of(const nn::LossResult& loss, std::int64_t global_batch);
Riders sum_of(std::span<const Riders> riders);

}  // namespace dtrain::train
