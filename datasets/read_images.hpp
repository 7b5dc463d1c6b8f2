// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Images alone, without labels: what `dtrain predict` reads.

#include <cstddef>
#include <filesystem>
#include <vector>

#include "datasets/dataset.hpp"

namespace dtrain::datasets {

/// Samples of one shape and type, dense.
struct Images {
  Shape sample_shape;  ///< (C, H, W)
  SampleType type = SampleType::uint8;
  std::vector<std::byte> samples;
  std::int64_t size() const {
    return static_cast<std::int64_t>(samples.size()) /
           (sample_shape.elements() * (type == SampleType::uint8 ? 1 : 4));
  }
};

/// By its name: .h5 or .hdf5.
bool is_hdf5_name(const std::filesystem::path& file);

/// Reads one PNG, PPM or PGM image, an IDX file of images, or an HDF5 file: its array `images`,
/// else that of its test split. Throws InputError naming the file.
Images read_images(const std::filesystem::path& path);

}  // namespace dtrain::datasets
