// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Batches of a dataset in a given order, ready for a network: cropped, flipped, normalised, float.
// In memory samples are gathered straight from the dataset. Streamed splits are read ahead by one
// thread, which is the only one to touch the file.

#include <memory>
#include <span>
#include <vector>

#include "datasets/dataset.hpp"
#include "datasets/sampler.hpp"
#include "kernels/backend.hpp"

namespace dtrain::datasets {

struct AugmentOptions {
  std::int64_t crop_padding = 0;  ///< 0: no crop
  bool flip = false;
  bool operator==(const AugmentOptions&) const = default;
};

/// "none", "crop=4", "crop=4,flip". Throws UsageError.
AugmentOptions parse_augment(const std::string& text);

/// One pass worth of samples. The memory belongs to the loader and lives until the next call.
struct Batch {
  std::int64_t size = 0;
  const float* input = nullptr;          ///< device, (size, C, H, W) plain, normalised
  std::span<const std::int64_t> labels;  ///< empty for float targets
  std::span<const float> targets;        ///< (size, classes); empty for class labels
  std::span<const std::int64_t> sample_ids;
};

class DataLoader {
 public:
  /// `dataset` and `backend` outlive the loader. `max_batch`: the largest pass that will be asked
  /// for.
  DataLoader(Dataset& dataset, const kernels::Backend& backend, std::int64_t max_batch,
             AugmentOptions augment, std::uint64_t seed);
  ~DataLoader();

  /// Starts over with the passes that this rank will ask for, in this order: positions in `order`.
  /// `order` is copied. Streaming begins to read ahead at once.
  void start(std::span<const std::int64_t> order, std::vector<Range> passes, std::int64_t epoch);
  /// The next pass. Call at most once per pass given to start().
  Batch next(kernels::Stream& stream);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dtrain::datasets
