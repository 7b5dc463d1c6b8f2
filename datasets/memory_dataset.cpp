// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <cstring>

#include "base/assert.hpp"
#include "datasets/dataset.hpp"

namespace dtrain::datasets {

SampleMemory::SampleMemory(std::vector<std::byte> samples) {
  const auto kept = std::make_shared<std::vector<std::byte>>(std::move(samples));
  owner = kept;
  bytes = *kept;
}

MemoryDataset::MemoryDataset(DatasetInfo info, SampleMemory samples,
                             std::vector<std::int64_t> labels, std::vector<float> targets,
                             std::int64_t chunk_samples)
    : info_(std::move(info)),
      samples_(std::move(samples)),
      labels_(std::move(labels)),
      targets_(std::move(targets)),
      chunk_samples_(chunk_samples) {
  size_ = static_cast<std::int64_t>(samples_.bytes.size()) / sample_bytes();
  const auto count = static_cast<std::size_t>(size_);
  DTRAIN_ASSERT(samples_.bytes.size() == count * static_cast<std::size_t>(sample_bytes()));
  DTRAIN_ASSERT(targets_.empty()
                    ? labels_.size() == count
                    : labels_.empty() && targets_.size() == count * info_.classes.size());
}

void MemoryDataset::read(std::span<const std::int64_t> ids, void* destination) {
  const auto bytes = static_cast<std::size_t>(sample_bytes());
  auto* out = static_cast<std::byte*>(destination);
  for (std::int64_t id : ids) {
    std::memcpy(out, samples_.bytes.data() + static_cast<std::size_t>(id) * bytes, bytes);
    out += bytes;
  }
}

}  // namespace dtrain::datasets
