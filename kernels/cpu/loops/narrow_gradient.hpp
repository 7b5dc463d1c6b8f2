// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Gradients of a narrow convolution's weight and bias, as sums per lane: a tile of (output channels x
// taps of one kernel row) stays in registers while output pixels go by.

#include "kernels/cpu/loops.hpp"
#include "kernels/cpu/loops/range.hpp"
#include "kernels/cpu/loops/vector.hpp"

namespace dtrain::kernels::cpu {
namespace {

/// Registers: channels x taps sums, the gradients of the channels and a pixel.
constexpr int tile_taps = vector_floats == 16 ? 5 : 3;

/// sums[o][t] += dy[o] * x over the output pixels rows x columns, for neighbouring taps (u, v + t).
template <int Channels, int Count>
void correlate_tile(const NarrowConvolution& c, Range rows, Range columns, std::int64_t u,
                    std::int64_t v, const float* input, const float* output_gradient, float* sums) {
  const std::int64_t filter = c.in_channels * c.kernel_height * c.kernel_width * sample_lanes;
  typename Lanes::Floats total[Channels][Count];
  for (int o = 0; o < Channels; ++o)
    for (int t = 0; t < Count; ++t) total[o][t] = Lanes::load(sums + o * filter + t * sample_lanes);

  const std::int64_t plane = c.out_height * c.out_width * sample_lanes;
  for (std::int64_t i = rows.begin; i < rows.end; ++i) {
    const std::int64_t in_row = i * c.stride_height - c.padding_height + u;
    const std::int64_t in_column = columns.begin * c.stride_width - c.padding_width + v;
    const float* x = input + (in_row * c.in_width + in_column) * sample_lanes;
    const float* dy = output_gradient + (i * c.out_width + columns.begin) * sample_lanes;
    for (std::int64_t j = columns.begin; j < columns.end;
         ++j, x += c.stride_width * sample_lanes, dy += sample_lanes) {
      typename Lanes::Floats gradients[Channels];
      for (int o = 0; o < Channels; ++o) gradients[o] = Lanes::load(dy + o * plane);
      for (int t = 0; t < Count; ++t) {
        const auto pixel = Lanes::load(x + t * sample_lanes);
        for (int o = 0; o < Channels; ++o) total[o][t] += gradients[o] * pixel;
      }
    }
  }
  for (int o = 0; o < Channels; ++o)
    for (int t = 0; t < Count; ++t) Lanes::store(sums + o * filter + t * sample_lanes, total[o][t]);
}

/// All taps between one input channel and some output channels.
template <int Channels>
void correlate(const NarrowConvolution& c, const float* input, const float* output_gradient,
               float* sums) {
  // Rows of the output that are worked on together stay in the first-level cache for all u.
  constexpr std::int64_t band_pixels = 96;
  const std::int64_t band = clamp(band_pixels / c.out_width, 1, c.out_height);
  const auto rows_of = [&](std::int64_t u) {
    return positions_of(u, c.out_height, c.in_height, c.stride_height, c.padding_height);
  };
  const auto columns_of = [&](std::int64_t v) {
    return positions_of(v, c.out_width, c.in_width, c.stride_width, c.padding_width);
  };
  const auto tile = [&](Range rows, Range columns, std::int64_t u, std::int64_t v,
                        std::int64_t taps) {
    if (rows.begin >= rows.end || columns.begin >= columns.end) return;
    with_constant<tile_taps>(taps, [&](auto width) {
      correlate_tile<Channels, width.floats>(c, rows, columns, u, v, input, output_gradient,
                                             sums + (u * c.kernel_width + v) * sample_lanes);
    });
  };

  cut(0, c.kernel_width, tile_taps, [&](std::int64_t v, std::int64_t taps) {
    // Columns where all taps lie inside the image, then those at its borders, where fewer do.
    const Range first = columns_of(v), last = columns_of(v + taps - 1);
    const Range whole{first.begin, last.end > first.begin ? last.end : first.begin};
    for (std::int64_t row = 0; row < c.out_height; row += band)
      for (std::int64_t u = 0; u < c.kernel_height; ++u) {
        const Range rows = rows_of(u);
        tile({clamp(row, rows.begin, rows.end), clamp(row + band, rows.begin, rows.end)}, whole, u,
             v, taps);
      }
    for (std::int64_t j = last.begin; j < first.end; ++j) {
      if (j >= whole.begin && j < whole.end) continue;
      std::int64_t begin = v, end = v + taps;
      while (begin < end && j < columns_of(begin).begin) ++begin;
      while (begin < end && j >= columns_of(end - 1).end) --end;
      for (std::int64_t u = 0; u < c.kernel_height && begin < end; ++u)
        tile(rows_of(u), {j, j + 1}, u, begin, end - begin);
    }
  });
}

void narrow_weight_gradient(const NarrowConvolution& c, std::int64_t first_channel,
                            std::int64_t channels, std::int64_t in_channel, const float* input,
                            const float* output_gradient, float* sums) {
  const std::int64_t kernel = (first_channel * c.in_channels + in_channel) * c.kernel_height;
  const float* x = input + in_channel * c.in_height * c.in_width * sample_lanes;
  const float* dy = output_gradient + first_channel * c.out_height * c.out_width * sample_lanes;
  float* sum = sums + kernel * c.kernel_width * sample_lanes;
  with_constant<narrow_gradient_channels>(channels, [&](auto height) {
    for (int lane = 0; lane < sample_lanes; lane += vector_floats)
      correlate<height.floats>(c, x + lane, dy + lane, sum + lane);
  });
}

void narrow_bias_gradient(const NarrowConvolution& c, const float* output_gradient, float* sums) {
  const std::int64_t pixels = c.out_height * c.out_width;
  for (int lane = 0; lane < sample_lanes; lane += vector_floats) {
    typename Lanes::Floats total[4]{};
    interleave<4>(pixels, [&](std::int64_t i, int chain) {
      total[chain] += Lanes::load(output_gradient + i * sample_lanes + lane);
    });
    const auto sum = (total[0] + total[1]) + (total[2] + total[3]);
    Lanes::store(sums + lane, Lanes::load(sums + lane) + sum);
  }
}

}  // namespace
}  // namespace dtrain::kernels::cpu
