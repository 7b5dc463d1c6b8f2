// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "comm/communicator.hpp"
#include "train/trainer_options.hpp"

namespace dtrain::train {

/// `options`, if this many ranks can train on this data with them; else throws UsageError or
/// InputError, on all ranks alike.
const TrainerOptions& checked_options(const TrainerOptions& options,
                                      const comm::Communicator& communicator,
                                      const datasets::DatasetSplits& splits);

/// Gradients are summed element by element: throws Error, on all ranks alike, unless their order in
/// memory is the same everywhere. Collective.
void check_same_layout(comm::Communicator& communicator, const tensor::ParameterArena& arena);

}  // namespace dtrain::train
