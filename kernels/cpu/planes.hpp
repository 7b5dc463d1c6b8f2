// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Images in every layout that the backend meets (NCHW, NHWC, and blocks of channels or of samples)
// are planes of height x width pixels, each pixel `lanes` adjacent floats. Pooling and batch norm
// work plane by plane and so need no reorder, whatever a convolution chose.

#include <cstdint>
#include <optional>

#include "kernels/cpu/onednn.hpp"

namespace dtrain::kernels::cpu {

struct Planes {
  /// Of what the lanes are: neighbouring channels of a sample, or samples.
  enum class Lanes { channels, samples };

  Lanes kind = Lanes::channels;
  std::int64_t lanes = 1;
  std::int64_t samples = 0, channels = 0;  ///< logical, without padding
  std::int64_t height = 1, width = 1;
  std::int64_t count = 0;           ///< planes in all, padding included
  std::int64_t planes_per_row = 1;  ///< of them, those of one sample or of one block of samples
  dnnl::memory::format_tag tag = {};

  std::int64_t pixels() const { return height * width; }
  std::int64_t floats() const { return pixels() * lanes; }
  /// The channel that a lane belongs to; -1 where it is padding.
  std::int64_t channel(std::int64_t plane, std::int64_t lane) const {
    const std::int64_t row = plane / planes_per_row, column = plane % planes_per_row;
    if (kind == Lanes::samples) return row * lanes + lane < samples ? column : -1;
    const std::int64_t channel = column * lanes + lane;
    return channel < channels ? channel : -1;
  }
  /// The layout of images like these with another height and width.
  Layout resized(std::int64_t new_height, std::int64_t new_width) const;
};

/// The planes of a value of `shape` (N, C, H, W); nothing where `layout` is none of the above.
std::optional<Planes> planes_of(const Shape& shape, const Layout& layout);

/// Blocks of 16 samples: every vector lane is at work, however few the channels.
inline constexpr std::int64_t sample_block = 16;
inline constexpr auto sample_block_tag = dnnl::memory::format_tag::Abcd16a;

}  // namespace dtrain::kernels::cpu
