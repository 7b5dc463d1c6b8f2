// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <string_view>

#include "datasets/dataset.hpp"

namespace dtrain::datasets {

/// `synthetic:CxHxW:CLASSES:COUNT`: COUNT training and max(COUNT/5, 1) test images, uint8, the same
/// everywhere. Image i is of class i mod CLASSES: that class's pattern, moved by up to an eighth of
/// the image, blended with noise. Splits up to `memory_limit_bytes` are held in memory, larger ones
/// are made as they are read. Throws UsageError for a specification that cannot be.
DatasetSplits make_synthetic(const std::string& specification, std::int64_t memory_limit_bytes);

inline constexpr std::string_view synthetic_prefix = "synthetic:";

}  // namespace dtrain::datasets
