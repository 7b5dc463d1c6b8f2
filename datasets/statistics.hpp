// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstddef>
#include <span>

#include "datasets/dataset.hpp"

namespace dtrain::datasets {

/// Fills in `info.mean` and `info.std` per channel over dense samples of info.sample_shape and
/// info.type; uint8 in [0, 1] units. A channel that never changes gets std 1.
void set_channel_statistics(DatasetInfo& info, std::span<const std::byte> samples);

}  // namespace dtrain::datasets
