// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Convolution of a block of samples, which are the vector lanes: any number of channels keeps every
// lane at work. A tile of (output channels x output columns) stays in registers; each step
// multiplies a few pixels with a few weights, each weight the same in all lanes.

#include "kernels/cpu/loops.hpp"
#include "kernels/cpu/loops/vector.hpp"

namespace dtrain::kernels::cpu {
namespace {

using Lanes = Vector<vector_floats>;

/// Registers: channels x columns sums, a column of pixels and a weight. 32 with AVX-512, else 16.
constexpr int tile_columns = vector_floats == 16 ? 4 : 2;
/// Registers: channels x taps sums, and as many pixels and gradients.
constexpr int tile_taps = vector_floats == 16 ? 5 : 3;

/// Taps [begin, end) of a window of `size` at `start` that lie in [0, extent).
struct Taps {
  std::int64_t begin, end;
};
Taps taps_inside(std::int64_t start, std::int64_t size, std::int64_t extent) {
  return {start < 0 ? -start : 0, start + size > extent ? extent - start : size};
}

std::int64_t clamp(std::int64_t x, std::int64_t low, std::int64_t high) {
  return x < low ? low : x > high ? high : x;
}

/// Output positions whose whole window lies inside the image.
Taps whole_windows(std::int64_t out, std::int64_t in, std::int64_t kernel, std::int64_t stride,
                   std::int64_t padding) {
  const std::int64_t begin = clamp((padding + stride - 1) / stride, 0, out);
  const std::int64_t reach = in + padding - kernel;  // the last start, in padded coordinates
  return {begin, reach < 0 ? begin : clamp(reach / stride + 1, begin, out)};
}

/// One tile: `input` points at its first column's window, `weights` are (in, kh, kw, Channels).
template <int Channels, int Columns>
void convolve_tile(const NarrowConvolution& c, const float* input, Taps rows, Taps columns,
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

/// Calls call(Width<n>) for a run-time n in [1, Max].
template <int Max, class Call>
void with_constant(std::int64_t n, const Call& call) {
  if constexpr (Max > 1) {
    if (n < Max) return with_constant<Max - 1>(n, call);
  }
  call(Width<Max>{});
}

/// Cuts [begin, end) into pieces of nearly the same size, `largest` at most.
template <class Call>
void cut(std::int64_t begin, std::int64_t end, std::int64_t largest, const Call& call) {
  while (begin < end) {
    const std::int64_t pieces = (end - begin + largest - 1) / largest;
    const std::int64_t size = (end - begin + pieces - 1) / pieces;
    call(begin, size);
    begin += size;
  }
}

/// One row of the output, all channels, one block of samples.
void narrow_forward(const NarrowConvolution& c, std::int64_t row, const float* input,
                    const float* weights, const float* bias, float* output) {
  const std::int64_t first_row = row * c.stride_height - c.padding_height;
  const Taps rows = taps_inside(first_row, c.kernel_height, c.in_height);
  const Taps whole =
      whole_windows(c.out_width, c.in_width, c.kernel_width, c.stride_width, c.padding_width);

  cut(0, c.out_channels, narrow_channels, [&](std::int64_t channel, std::int64_t channels) {
    const float* w = weights + channel * c.in_channels * c.kernel_height * c.kernel_width;
    float* y = output + (channel * c.out_height + row) * c.out_width * sample_lanes;
    with_constant<narrow_channels>(channels, [&](auto height) {
      const auto tile = [&](std::int64_t column, auto width) {
        const std::int64_t first = column * c.stride_width - c.padding_width;
        const float* x = input + (first_row * c.in_width + first) * sample_lanes;
        const Taps columns = taps_inside(first, c.kernel_width, c.in_width);
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

/// Output positions for which a tap lies inside the image.
Taps positions_of(std::int64_t tap, std::int64_t out, std::int64_t in, std::int64_t stride,
                  std::int64_t padding) {
  return whole_windows(out, in, 1, stride, padding - tap);
}

/// sums[o][t] += dy[o] * x over the output pixels rows x columns, for neighbouring taps (u, v + t).
template <int Channels, int Count>
void correlate_tile(const NarrowConvolution& c, Taps rows, Taps columns, std::int64_t u,
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
  const auto tile = [&](Taps rows, Taps columns, std::int64_t u, std::int64_t v,
                        std::int64_t taps) {
    if (rows.begin >= rows.end || columns.begin >= columns.end) return;
    with_constant<tile_taps>(taps, [&](auto width) {
      correlate_tile<Channels, width.floats>(c, rows, columns, u, v, input, output_gradient,
                                             sums + (u * c.kernel_width + v) * sample_lanes);
    });
  };

  cut(0, c.kernel_width, tile_taps, [&](std::int64_t v, std::int64_t taps) {
    // Columns where all taps lie inside the image, then those at its borders, where fewer do.
    const Taps first = columns_of(v), last = columns_of(v + taps - 1);
    const Taps whole{first.begin, last.end > first.begin ? last.end : first.begin};
    for (std::int64_t row = 0; row < c.out_height; row += band)
      for (std::int64_t u = 0; u < c.kernel_height; ++u) {
        const Taps rows = rows_of(u);
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
    for (std::int64_t i = 0; i < pixels; ++i)
      total[i & 3] += Lanes::load(output_gradient + i * sample_lanes + lane);
    const auto sum = (total[0] + total[1]) + (total[2] + total[3]);
    Lanes::store(sums + lane, Lanes::load(sums + lane) + sum);
  }
}

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

}  // namespace
}  // namespace dtrain::kernels::cpu
