// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// A class's pattern is a grid of 4x4 random values per channel, interpolated to the image's size.
// All arithmetic is on integers, so that every machine makes the same bytes.

#include "datasets/synthetic.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>

#include "base/error.hpp"
#include "base/rng.hpp"
#include "datasets/statistics.hpp"
#include "datasets/subset_dataset.hpp"

namespace dtrain::datasets {
namespace {

constexpr std::uint64_t seed = 20260101;
constexpr std::int64_t grid = 4;
constexpr std::uint64_t pattern_key = std::uint64_t{1} << 62;  ///< beyond every sample id

/// Linear interpolation at `position` of `extent` between grid points, in 1/256.
struct GridPoint {
  std::int64_t low, weight;
};
GridPoint grid_point(std::int64_t position, std::int64_t extent) {
  const std::int64_t scaled = position * (grid - 1) * 256 / std::max<std::int64_t>(extent - 1, 1);
  const std::int64_t low = std::min(scaled / 256, grid - 2);
  return {low, scaled - low * 256};
}

class SyntheticDataset : public Dataset {
 public:
  SyntheticDataset(DatasetInfo info, std::int64_t first_id, std::int64_t size)
      : info_(std::move(info)), first_id_(first_id) {
    labels_.resize(static_cast<std::size_t>(size));
    for (std::size_t i = 0; i < labels_.size(); ++i)
      labels_[i] = static_cast<std::int64_t>(i) % classes();
    for (std::int64_t label = 0; label < classes(); ++label) append_pattern(label);
  }

  const DatasetInfo& info() const override { return info_; }
  std::int64_t size() const override { return static_cast<std::int64_t>(labels_.size()); }
  std::int64_t chunk_samples() const override { return 1; }
  const void* resident_samples() const override { return nullptr; }
  std::span<const std::int64_t> labels() const override { return labels_; }
  std::span<const float> targets() const override { return {}; }
  void read(std::span<const std::int64_t> ids, void* destination) override {
    auto* out = static_cast<std::uint8_t*>(destination);
    for (std::int64_t id : ids) {
      draw(id, out);
      out += sample_bytes();
    }
  }

 private:
  std::int64_t classes() const { return static_cast<std::int64_t>(info_.classes.size()); }

  void append_pattern(std::int64_t label) {
    const auto [channels, height, width] = extents();
    const Rng rng(seed, RngPurpose::synthetic, pattern_key + static_cast<std::uint64_t>(label));
    for (std::int64_t c = 0; c < channels; ++c)
      for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t x = 0; x < width; ++x) {
          const GridPoint row = grid_point(y, height), column = grid_point(x, width);
          const auto corner = [&](std::int64_t down, std::int64_t right) {
            const std::int64_t index = (c * grid + row.low + down) * grid + column.low + right;
            return static_cast<std::int64_t>(rng.at(static_cast<std::uint64_t>(index)) >> 24);
          };
          const std::int64_t top =
              corner(0, 0) * (256 - column.weight) + corner(0, 1) * column.weight;
          const std::int64_t bottom =
              corner(1, 0) * (256 - column.weight) + corner(1, 1) * column.weight;
          patterns_.push_back(static_cast<std::uint8_t>(
              (top * (256 - row.weight) + bottom * row.weight) / (256 * 256)));
        }
  }

  /// Words 0 and 1 of the sample's sequence move the pattern, from word 4 on each gives four
  /// pixels' noise.
  void draw(std::int64_t id, std::uint8_t* out) const {
    const auto [channels, height, width] = extents();
    const Rng rng(seed, RngPurpose::synthetic, static_cast<std::uint64_t>(first_id_ + id));
    const PhiloxBlock moves = rng.block(0);
    const auto shift = [](std::uint32_t word, std::int64_t extent) {
      const std::int64_t most = extent / 8;
      return static_cast<std::int64_t>(word % static_cast<std::uint32_t>(2 * most + 1)) - most;
    };
    const std::int64_t down = shift(moves.word[0], height), right = shift(moves.word[1], width);
    const std::uint8_t* pattern =
        patterns_.data() + labels_[static_cast<std::size_t>(id)] * channels * height * width;
    PhiloxBlock noise{};
    std::uint32_t pixel = 0;
    for (std::int64_t c = 0; c < channels; ++c)
      for (std::int64_t y = 0; y < height; ++y) {
        const std::int64_t from_row = std::clamp<std::int64_t>(y - down, 0, height - 1);
        const std::uint8_t* row = pattern + (c * height + from_row) * width;
        for (std::int64_t x = 0; x < width; ++x, ++pixel) {
          if (pixel % 16 == 0) noise = rng.block(1 + pixel / 16);
          const std::uint32_t random = (noise.word[pixel / 4 % 4] >> (8 * (pixel % 4))) & 0xFF;
          const std::uint32_t clean = row[std::clamp<std::int64_t>(x - right, 0, width - 1)];
          *out++ = static_cast<std::uint8_t>((clean + random) / 2);
        }
      }
  }

  struct Extents {
    std::int64_t channels, height, width;
  };
  Extents extents() const {
    return {info_.sample_shape[0], info_.sample_shape[1], info_.sample_shape[2]};
  }

  DatasetInfo info_;
  std::int64_t first_id_;
  std::vector<std::int64_t> labels_;
  std::vector<std::uint8_t> patterns_;  ///< (classes, C, H, W)
};

/// Positive numbers with `separator` between them; nullopt for anything else.
std::optional<std::vector<std::int64_t>> parse_numbers(std::string_view text, char separator) {
  std::vector<std::int64_t> numbers;
  while (true) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || number < 1) return std::nullopt;
    numbers.push_back(number);
    if (stop == end) return numbers;
    if (*stop != separator) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stop + 1 - text.data()));
  }
}

}  // namespace

DatasetSplits make_synthetic(const std::string& specification, std::int64_t memory_limit_bytes) {
  const auto refuse = [&](const std::string& why) {
    throw UsageError(
        fmt::format("{}: {}; use synthetic:CxHxW:CLASSES:COUNT, as in "
                    "synthetic:3x32x32:10:50000",
                    specification, why));
  };
  std::string_view rest = specification;
  rest.remove_prefix(std::min(rest.size(), synthetic_prefix.size()));
  const auto colon = rest.find(':');
  const auto shape = parse_numbers(rest.substr(0, colon), 'x');
  const auto counts = parse_numbers(colon < rest.size() ? rest.substr(colon + 1) : "", ':');
  if (!shape || shape->size() != 3) refuse("the shape is not three positive numbers");
  if (!counts || counts->size() != 2) refuse("classes and count are not two positive numbers");
  const std::int64_t classes = counts->front(), count = counts->back();
  for (std::int64_t extent : *shape)
    if (extent > 4096) refuse("an extent is above 4096");
  if (classes > 10000) refuse("there are more than 10000 classes");
  if (count > std::int64_t{1} << 32) refuse("there are more than 4294967296 samples");
  DatasetInfo info;
  info.name = specification;  // opens the same data again
  info.sample_shape = Shape(*shape);
  if (info.sample_shape.elements() * classes > std::int64_t{1} << 30)
    refuse("the classes' patterns need more than 1 GiB");
  for (std::int64_t label = 0; label < classes; ++label)
    info.classes.push_back(std::to_string(label));
  info.licence = "none: made by dtrain";
  info.source = specification;

  // Mean and deviation from the first samples only: they need not be exact, but equal everywhere.
  const std::int64_t fit = (std::int64_t{64} << 20) / info.sample_shape.elements();
  SyntheticDataset head(info, 0,
                        std::clamp<std::int64_t>(fit, 1, std::min<std::int64_t>(count, 1000)));
  std::vector<std::byte> samples(static_cast<std::size_t>(head.size() * head.sample_bytes()));
  std::vector<std::int64_t> ids(static_cast<std::size_t>(head.size()));
  std::iota(ids.begin(), ids.end(), std::int64_t{0});
  head.read(ids, samples.data());
  set_channel_statistics(info, samples);

  const auto make_split = [&](std::int64_t first_id,
                              std::int64_t size) -> std::unique_ptr<Dataset> {
    auto split = std::make_unique<SyntheticDataset>(info, first_id, size);
    if (size * split->sample_bytes() <= memory_limit_bytes) return copy_to_memory(*split);
    return split;
  };
  DatasetSplits splits;
  splits.train = make_split(0, count);
  splits.test = make_split(count, std::max<std::int64_t>(count / 5, 1));
  return splits;
}

}  // namespace dtrain::datasets
