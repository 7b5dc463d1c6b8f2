// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "datasets/dataset.hpp"
#include "hdf5/dataset.hpp"

namespace dtrain::datasets {

/// The array `images` of a dataset file, (N, C, H, W), read chunk by chunk. Every failure is an
/// InputError that names the file and the samples: damaged chunks, floats that are not finite.
class ImageArray {
 public:
  /// Fails unless `stored` is a complete array of at least one image, uint8 or float32.
  explicit ImageArray(hdf5::Dataset stored);

  const hdf5::Dataset& stored() const { return stored_; }
  std::int64_t size() const { return stored_.rows(); }
  const Shape& sample_shape() const { return sample_shape_; }
  SampleType type() const { return type_; }
  std::int64_t sample_bytes() const { return sample_bytes_; }
  /// Samples per chunk of the file; where it has none, as many as write_dataset_file would take.
  std::int64_t chunk_samples() const { return chunk_samples_; }

  std::vector<std::byte> read_all() const;
  /// In any order; every chunk that is needed is read once.
  void read(std::span<const std::int64_t> ids, std::byte* out) const;

 private:
  void read_rows(std::int64_t first, std::int64_t count, std::byte* out) const;

  hdf5::Dataset stored_;
  Shape sample_shape_;
  SampleType type_;
  std::int64_t sample_bytes_, chunk_samples_;
};

hdf5::ElementType element_type(SampleType type);

/// Samples in one chunk of the files that we write: about 128 KiB, at least one.
std::int64_t chunk_samples_for(std::int64_t sample_bytes);

}  // namespace dtrain::datasets
