// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstddef>
#include <span>

#include "datasets/dataset.hpp"

namespace dtrain::datasets {

/// The handwritten digits that are embedded in the binary (datasets/digits/README.md): 1x8x8 uint8,
/// 3823 training and 1797 test images.
DatasetSplits open_digits();

/// datasets/digits/digits.bin.gz, as it lies in the source.
std::span<const std::byte> digits_archive();

}  // namespace dtrain::datasets
