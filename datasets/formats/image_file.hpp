// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "base/shape.hpp"

namespace dtrain::datasets {

/// A decoded image: planes of rows, one byte a value.
struct Image {
  Shape shape;  ///< (C, H, W), C is 1 or 3
  std::vector<std::byte> planes;
};

/// By its name: .png, .ppm or .pgm.
bool is_image_name(const std::filesystem::path& file);

/// Reads PNG (palettes expanded, transparency dropped, 16 bits cut to 8), PPM and PGM (binary P5/P6
/// and plain P2/P3; values scaled to 0..255). Throws InputError naming the file.
Image read_image(const std::filesystem::path& path);

}  // namespace dtrain::datasets
