// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// IDX (Y. LeCun, C. Cortes, C. Burges, the MNIST database): two zero bytes, the element type (8:
// uint8), the rank, each extent as 4 bytes big-endian, then the elements.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dtrain::datasets {

struct IdxArray {
  std::string file;                   ///< for messages
  std::vector<std::int64_t> extents;  ///< images (N, H, W), labels (N)
  std::vector<std::byte> elements;    ///< uint8
};

/// Reads images or labels, gzipped or not. Throws InputError naming the file.
IdxArray read_idx(const std::filesystem::path& path);

}  // namespace dtrain::datasets
