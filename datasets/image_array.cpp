// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/image_array.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/error.hpp"

namespace dtrain::datasets {

hdf5::ElementType element_type(SampleType type) {
  return type == SampleType::uint8 ? hdf5::ElementType::uint8 : hdf5::ElementType::float32;
}

std::int64_t chunk_samples_for(std::int64_t sample_bytes) {
  constexpr std::int64_t chunk_bytes = std::int64_t{1} << 17;
  return std::max<std::int64_t>(chunk_bytes / sample_bytes, 1);
}

ImageArray::ImageArray(hdf5::Dataset stored) : stored_(std::move(stored)) {
  const auto& extents = stored_.extents();
  if (extents.size() != 4)
    stored_.fail(fmt::format("has {} axes; (N, C, H, W) was expected", extents.size()));
  if (stored_.elements() == 0) stored_.fail("holds no samples");
  if (stored_.type() != hdf5::ElementType::uint8 && stored_.type() != hdf5::ElementType::float32)
    stored_.fail("is neither uint8 nor float32");
  stored_.require_complete();
  type_ = stored_.type() == hdf5::ElementType::uint8 ? SampleType::uint8 : SampleType::float32;
  sample_shape_ = Shape(std::span(extents).subspan(1));
  sample_bytes_ = sample_shape_.elements() * (type_ == SampleType::uint8 ? 1 : 4);
  chunk_samples_ = stored_.storage().chunk_rows > 0 ? stored_.storage().chunk_rows
                                                    : chunk_samples_for(sample_bytes_);
  chunk_samples_ = std::min(chunk_samples_, size());
}

void ImageArray::read_rows(std::int64_t first, std::int64_t count, std::byte* out) const {
  stored_.read_rows(first, count, element_type(type_), out);
  if (type_ == SampleType::uint8) return;
  const std::int64_t pixels = sample_shape_.elements();
  for (std::int64_t i = 0; i < count * pixels; ++i) {
    float value;
    std::memcpy(&value, out + i * 4, sizeof(value));
    if (!std::isfinite(value))
      stored_.fail(fmt::format("sample {} holds {}", first + i / pixels, value));
  }
}

std::vector<std::byte> ImageArray::read_all() const {
  std::vector<std::byte> samples(static_cast<std::size_t>(size() * sample_bytes_));
  for (std::int64_t first = 0; first < size(); first += chunk_samples_)
    read_rows(first, std::min(chunk_samples_, size() - first),
              samples.data() + first * sample_bytes_);
  return samples;
}

void ImageArray::read(std::span<const std::int64_t> ids, std::byte* out) const {
  std::vector<std::size_t> by_id(ids.size());
  std::iota(by_id.begin(), by_id.end(), std::size_t{0});
  std::sort(by_id.begin(), by_id.end(),
            [&](std::size_t a, std::size_t b) { return ids[a] < ids[b]; });
  std::vector<std::byte> chunk(static_cast<std::size_t>(chunk_samples_ * sample_bytes_));
  std::int64_t loaded = -1;
  for (std::size_t i : by_id) {
    const std::int64_t wanted = ids[i] / chunk_samples_;
    const std::int64_t first = wanted * chunk_samples_;
    if (wanted != loaded) read_rows(first, std::min(chunk_samples_, size() - first), chunk.data());
    loaded = wanted;
    std::memcpy(out + static_cast<std::int64_t>(i) * sample_bytes_,
                chunk.data() + (ids[i] - first) * sample_bytes_,
                static_cast<std::size_t>(sample_bytes_));
  }
}

}  // namespace dtrain::datasets
