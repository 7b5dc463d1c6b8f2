// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/subset_dataset.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "base/rng.hpp"

namespace dtrain::datasets {

SubsetDataset::SubsetDataset(std::shared_ptr<Dataset> whole, std::vector<std::int64_t> ids)
    : whole_(std::move(whole)), ids_(std::move(ids)) {
  if (const auto labels = whole_->labels(); !labels.empty())
    for (std::int64_t id : ids_) labels_.push_back(labels[static_cast<std::size_t>(id)]);
  if (const auto targets = whole_->targets(); !targets.empty()) {
    const std::size_t width = info().classes.size();
    for (std::int64_t id : ids_) {
      const auto row = targets.subspan(static_cast<std::size_t>(id) * width, width);
      targets_.insert(targets_.end(), row.begin(), row.end());
    }
  }
}

void SubsetDataset::read(std::span<const std::int64_t> ids, void* destination) {
  std::vector<std::int64_t> mapped;
  mapped.reserve(ids.size());
  for (std::int64_t id : ids) mapped.push_back(ids_[static_cast<std::size_t>(id)]);
  whole_->read(mapped, destination);
}

std::unique_ptr<MemoryDataset> with_samples(const Dataset& dataset, SampleMemory samples) {
  const auto labels = dataset.labels();
  const auto targets = dataset.targets();
  return std::make_unique<MemoryDataset>(
      dataset.info(), std::move(samples), std::vector<std::int64_t>(labels.begin(), labels.end()),
      std::vector<float>(targets.begin(), targets.end()), dataset.chunk_samples());
}

std::unique_ptr<MemoryDataset> copy_to_memory(Dataset& dataset) {
  std::vector<std::int64_t> ids(static_cast<std::size_t>(dataset.size()));
  std::iota(ids.begin(), ids.end(), std::int64_t{0});
  std::vector<std::byte> samples(ids.size() * static_cast<std::size_t>(dataset.sample_bytes()));
  dataset.read(ids, samples.data());
  return with_samples(dataset, std::move(samples));
}

HoldOut choose_held_out(std::int64_t size, double fraction, std::uint64_t seed) {
  const auto count = std::llround(fraction * static_cast<double>(size));
  if (count < 1 || count >= size)
    throw UsageError(fmt::format(
        "a share of {} holds out {} of {} training samples; use one that leaves some on both sides",
        fraction, count, size));
  // The first steps of a Fisher-Yates shuffle: a uniform draw without replacement.
  std::vector<std::int64_t> ids(static_cast<std::size_t>(size));
  std::iota(ids.begin(), ids.end(), std::int64_t{0});
  Rng rng(seed, RngPurpose::split, 0);
  for (std::int64_t i = 0; i < count; ++i)
    std::swap(ids[static_cast<std::size_t>(i)],
              ids[static_cast<std::size_t>(i) + rng.below(static_cast<std::uint64_t>(size - i))]);
  HoldOut parts{{ids.begin() + count, ids.end()}, {ids.begin(), ids.begin() + count}};
  std::sort(parts.kept.begin(), parts.kept.end());
  std::sort(parts.held_out.begin(), parts.held_out.end());
  return parts;
}

void hold_out_validation(DatasetSplits& splits, double fraction, std::uint64_t seed) {
  HoldOut parts = choose_held_out(splits.train->size(), fraction, seed);
  const std::shared_ptr<Dataset> whole = std::move(splits.train);
  const auto make_part = [&](std::vector<std::int64_t> ids) -> std::unique_ptr<Dataset> {
    auto part = std::make_unique<SubsetDataset>(whole, std::move(ids));
    if (whole->resident_samples() != nullptr) return copy_to_memory(*part);
    return part;
  };
  splits.validation = make_part(std::move(parts.held_out));
  splits.train = make_part(std::move(parts.kept));
}

}  // namespace dtrain::datasets
