// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "comm/communicator.hpp"
#include "datasets/dataset.hpp"

namespace dtrain::launch {

/// Holds in memory the splits of at most `limit_bytes`. The ranks of a node share one copy of a split,
/// of which each reads its share, where that is worth it and /dev/shm has room; else each rank has its
/// own. Collective, as is then the end of `splits`. Throws SharedError.
void hold_in_memory(datasets::DatasetSplits& splits, comm::Communicator& communicator,
                    std::int64_t limit_bytes);

}  // namespace dtrain::launch
