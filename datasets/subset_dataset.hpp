// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "datasets/dataset.hpp"

namespace dtrain::datasets {

/// Some samples of another dataset, renumbered from 0; read through it.
class SubsetDataset : public Dataset {
 public:
  /// `ids` ascending.
  SubsetDataset(std::shared_ptr<Dataset> whole, std::vector<std::int64_t> ids);

  const DatasetInfo& info() const override { return whole_->info(); }
  std::int64_t size() const override { return static_cast<std::int64_t>(ids_.size()); }
  std::int64_t chunk_samples() const override { return whole_->chunk_samples(); }
  const void* resident_samples() const override { return nullptr; }
  std::span<const std::int64_t> labels() const override { return labels_; }
  std::span<const float> targets() const override { return targets_; }
  void read(std::span<const std::int64_t> ids, void* destination) override;

 private:
  std::shared_ptr<Dataset> whole_;
  std::vector<std::int64_t> ids_, labels_;
  std::vector<float> targets_;
};

/// A dataset whose samples lie in `samples`: for the rest as `dataset`.
std::unique_ptr<MemoryDataset> with_samples(const Dataset& dataset, SampleMemory samples);

/// Copies all samples of a dataset into memory.
std::unique_ptr<MemoryDataset> copy_to_memory(Dataset& dataset);

/// Ids [0, size) in two parts, both ascending.
struct HoldOut {
  std::vector<std::int64_t> kept, held_out;
};
/// Holds out round(fraction * size) ids, chosen by `seed` alone. Throws UsageError when a part
/// would be empty.
HoldOut choose_held_out(std::int64_t size, double fraction, std::uint64_t seed);

/// Moves a share of `splits.train`, chosen as above, to `splits.validation`. What was in memory
/// stays in memory.
void hold_out_validation(DatasetSplits& splits, double fraction, std::uint64_t seed);

}  // namespace dtrain::datasets
