// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// datasets: samples on disk and in memory, their order, and batches of them.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/shape.hpp"
#include "kernels/augment.hpp"

namespace dtrain::datasets {

using kernels::SampleType;

/// What a dataset file says of itself (docs/dataset-format.md).
struct DatasetInfo {
  std::string name;    ///< "fashion-mnist"
  Shape sample_shape;  ///< (C, H, W)
  SampleType type = SampleType::uint8;
  std::vector<std::string> classes;  ///< names; labels are indices into them
  std::vector<float> mean, std;      ///< per channel, of the training split, in [0, 1] units
  std::string licence, source;
};

/// One split (train or test) of a dataset: a fixed number of samples of one shape, numbered from 0.
/// Threads: any number may use one Dataset at the same time.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual const DatasetInfo& info() const = 0;
  virtual std::int64_t size() const = 0;
  /// Samples stored together: the sampler keeps them near each other so that streaming reads each
  /// chunk about once an epoch. 1 where it does not matter.
  virtual std::int64_t chunk_samples() const = 0;
  /// The whole split's samples when they are in memory, else null: readers then use read().
  virtual const void* resident_samples() const = 0;
  /// Labels of all samples, (size()); empty for float targets.
  virtual std::span<const std::int64_t> labels() const = 0;
  /// Float targets (size(), classes); empty for class labels.
  virtual std::span<const float> targets() const = 0;
  /// Copies the samples `ids` into `destination`, one after the other. Throws InputError naming the
  /// file when bytes are damaged.
  virtual void read(std::span<const std::int64_t> ids, void* destination) = 0;

  std::int64_t sample_bytes() const {
    return info().sample_shape.elements() * (info().type == SampleType::uint8 ? 1 : 4);
  }
};

/// The splits of one dataset. `validation` is null unless asked for; its samples are then not in
/// `train`, and test plays no part in choosing anything.
struct DatasetSplits {
  std::unique_ptr<Dataset> train;
  std::unique_ptr<Dataset> validation;
  std::unique_ptr<Dataset> test;
};

struct OpenOptions {
  /// Share of the training split held out, chosen by (seed) alone; 0: none.
  double validation_fraction = 0;
  std::uint64_t seed = 0;
  /// A split larger than this is streamed from the file instead of held in memory.
  std::int64_t memory_limit_bytes = std::int64_t{1} << 30;
};

/// Opens, in this order: synthetic:CxHxW:CLASSES:COUNT; `digits`; a dataset file, by its path or in
/// one of the folders of DTRAIN_DATA; NAME.h5 in such a folder or here; `fashion-mnist` as Debian's
/// package holds it. Throws InputError that says how to get what is missing.
DatasetSplits open_dataset(const std::string& name_or_path, const OpenOptions& options);

/// Samples in memory, dense, one after the other, and who keeps that memory.
struct SampleMemory {
  std::shared_ptr<const void> owner;
  std::span<const std::byte> bytes;

  SampleMemory(std::shared_ptr<const void> owner, std::span<const std::byte> bytes)
      : owner(std::move(owner)), bytes(bytes) {}
  SampleMemory(std::vector<std::byte> samples);  // NOLINT(google-explicit-constructor): it is one
};

/// In-memory dataset; also what tests and importers build.
class MemoryDataset : public Dataset {
 public:
  /// Either `labels` or `targets` is empty.
  MemoryDataset(DatasetInfo info, SampleMemory samples, std::vector<std::int64_t> labels,
                std::vector<float> targets = {}, std::int64_t chunk_samples = 1);
  const DatasetInfo& info() const override { return info_; }
  std::int64_t size() const override { return size_; }
  std::int64_t chunk_samples() const override { return chunk_samples_; }
  const void* resident_samples() const override { return samples_.bytes.data(); }
  std::span<const std::int64_t> labels() const override { return labels_; }
  std::span<const float> targets() const override { return targets_; }
  void read(std::span<const std::int64_t> ids, void* destination) override;

 private:
  DatasetInfo info_;
  std::int64_t size_ = 0;
  SampleMemory samples_;
  std::vector<std::int64_t> labels_;
  std::vector<float> targets_;
  std::int64_t chunk_samples_;
};

}  // namespace dtrain::datasets
