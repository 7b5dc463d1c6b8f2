// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/statistics.hpp"

#include <cmath>
#include <cstring>

namespace dtrain::datasets {
namespace {

struct Moments {
  double sum = 0, squares = 0;
};

Moments plane_moments(const std::byte* plane, std::size_t pixels, SampleType type) {
  Moments moments;
  if (type == SampleType::uint8) {
    std::uint64_t sum = 0, squares = 0;  // exact
    for (std::size_t i = 0; i < pixels; ++i) {
      const auto value = std::to_integer<std::uint32_t>(plane[i]);
      sum += value;
      squares += value * value;
    }
    moments = {static_cast<double>(sum) / 255, static_cast<double>(squares) / (255.0 * 255.0)};
  } else {
    for (std::size_t i = 0; i < pixels; ++i) {
      float value;
      std::memcpy(&value, plane + i * sizeof(float), sizeof(float));
      moments.sum += value;
      moments.squares += static_cast<double>(value) * value;
    }
  }
  return moments;
}

}  // namespace

void set_channel_statistics(DatasetInfo& info, std::span<const std::byte> samples) {
  const auto channels = static_cast<std::size_t>(info.sample_shape[0]);
  const auto pixels = static_cast<std::size_t>(info.sample_shape[1] * info.sample_shape[2]);
  const std::size_t plane_bytes = pixels * (info.type == SampleType::uint8 ? 1 : sizeof(float));
  const std::size_t planes = samples.size() / plane_bytes;

  std::vector<Moments> totals(channels);
  for (std::size_t plane = 0; plane < planes; ++plane) {
    const Moments moments = plane_moments(samples.data() + plane * plane_bytes, pixels, info.type);
    totals[plane % channels].sum += moments.sum;
    totals[plane % channels].squares += moments.squares;
  }
  info.mean.clear();
  info.std.clear();
  const std::size_t images = planes / channels;
  const auto count = static_cast<double>(images * pixels);
  for (const Moments& total : totals) {
    const double mean = total.sum / count;
    const double variance = std::max(total.squares / count - mean * mean, 0.0);
    info.mean.push_back(static_cast<float>(mean));
    // Rounding leaves a variance of about 1e-16 of the squares where there is none.
    info.std.push_back(
        variance > 1e-12 * total.squares / count ? static_cast<float>(std::sqrt(variance)) : 1.0f);
  }
}

}  // namespace dtrain::datasets
