// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Convolution of a block of samples, which are the vector lanes: any number of channels keeps every
// lane at work. A tile of (output channels x output columns) stays in registers; each step
// multiplies a few pixels with a few weights, each weight the same in all lanes.

#include "kernels/cpu/loops.hpp"
#include "kernels/cpu/loops/range.hpp"
#include "kernels/cpu/loops/vector.hpp"

namespace dtrain::kernels::cpu {
namespace {

/// Registers: channels x columns sums, a column of pixels and a weight. 32 with AVX-512, else 16.
constexpr int tile_columns = vector_floats == 16 ? 4 : 2;

void narrow_pack(const NarrowConvolution& c, const WeightStrides& stride, const float* weights,
                 float* packed) {
  cut(0, c.out_channels, narrow_channels, [&](std::int64_t channel, std::int64_t channels) {
    for (std::int64_t i = 0; i < c.in_channels; ++i)
      for (std::int64_t u = 0; u < c.kernel_height; ++u)
        for (std::int64_t v = 0; v < c.kernel_width; ++v)
          for (std::int64_t o = channel; o < channel + channels; ++o)
            *packed++ =
                weights[o * stride.out + i * stride.in + u * stride.row + v * stride.column];
  });
}

/// One tile: `input` points at its first column's window, `weights` are (in, kh, kw, Channels).
template <int Channels, int Columns>
void convolve_tile(const NarrowConvolution& c, const float* input, Range rows, Range columns,
                   const float* weights, const float* bias, float* output) {
  typename Lanes::Floats sums[Channels][Columns];
  for (int o = 0; o < Channels; ++o)
    for (int j = 0; j < Columns; ++j) sums[o][j] = Lanes::splat(bias[o]);

  const std::int64_t step = c.stride_width * sample_lanes;
  for (std::int64_t i = 0; i < c.in_channels; ++i)
    for (std::int64_t u = rows.begin; u < rows.end; ++u) {
      const float* x = input + ((i * c.in_height + u) * c.in_width + columns.begin) * sample_lanes;
      const float* w =
          weights + ((i * c.kernel_height + u) * c.kernel_width + columns.begin) * Channels;
      for (std::int64_t v = columns.begin; v < columns.end; ++v, x += sample_lanes, w += Channels) {
        typename Lanes::Floats pixels[Columns];
        for (int j = 0; j < Columns; ++j) pixels[j] = Lanes::load(x + j * step);
        for (int o = 0; o < Channels; ++o) {
          const auto weight = Lanes::splat(w[o]);
          for (int j = 0; j < Columns; ++j) sums[o][j] += weight * pixels[j];
        }
      }
    }

  const std::int64_t plane = c.out_height * c.out_width * sample_lanes;
  for (int o = 0; o < Channels; ++o)
    for (int j = 0; j < Columns; ++j)
      Lanes::store(output + o * plane + j * sample_lanes,
                   c.relu ? relu<vector_floats>(sums[o][j]) : sums[o][j]);
}

/// One row of the output, all channels, one block of samples.
void narrow_forward(const NarrowConvolution& c, std::int64_t row, const float* input,
                    const float* weights, const float* bias, float* output) {
  const std::int64_t first_row = row * c.stride_height - c.padding_height;
  const Range rows = inside(first_row, c.kernel_height, c.in_height);
  const Range whole =
      whole_windows(c.out_width, c.in_width, c.kernel_width, c.stride_width, c.padding_width);

  cut(0, c.out_channels, narrow_channels, [&](std::int64_t channel, std::int64_t channels) {
    const float* w = weights + channel * c.in_channels * c.kernel_height * c.kernel_width;
    float* y = output + (channel * c.out_height + row) * c.out_width * sample_lanes;
    with_constant<narrow_channels>(channels, [&](auto height) {
      const auto tile = [&](std::int64_t column, auto width) {
        const std::int64_t first = column * c.stride_width - c.padding_width;
        const float* x = input + (first_row * c.in_width + first) * sample_lanes;
        const Range columns = inside(first, c.kernel_width, c.in_width);
        for (int lane = 0; lane < sample_lanes; lane += vector_floats)
          convolve_tile<height.floats, width.floats>(c, x + lane, rows, columns, w, bias + channel,
                                                     y + column * sample_lanes + lane);
      };
      for (std::int64_t column = 0; column < whole.begin; ++column) tile(column, Width<1>{});
      cut(whole.begin, whole.end, tile_columns, [&](std::int64_t column, std::int64_t columns) {
        with_constant<tile_columns>(columns, [&](auto width) { tile(column, width); });
      });
      for (std::int64_t column = whole.end; column < c.out_width; ++column)
        tile(column, Width<1>{});
    });
  });
}

}  // namespace
}  // namespace dtrain::kernels::cpu
