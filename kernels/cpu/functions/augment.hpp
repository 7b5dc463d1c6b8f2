// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// (x / 255 - mean) / std is x * scale + bias: one multiply and one add per pixel, row by row.

#include "kernels/augment.hpp"
#include "kernels/cpu/functions/parallel.hpp"

namespace dtrain::kernels::cpu {
namespace {

/// out[j] = in[j] * scale + bias
template <class Stored>
void convert(std::int64_t count, const Stored* in, float scale, float bias, float* out) {
#pragma omp simd
  for (std::int64_t j = 0; j < count; ++j) out[j] = static_cast<float>(in[j]) * scale + bias;
}

/// The same, with `in` read backwards from its end.
template <class Stored>
void convert_mirrored(std::int64_t count, const Stored* in, float scale, float bias, float* out) {
#pragma omp simd
  for (std::int64_t j = 0; j < count; ++j)
    out[j] = static_cast<float>(in[count - 1 - j]) * scale + bias;
}

void black(std::int64_t count, float bias, float* out) {
#pragma omp simd
  for (std::int64_t j = 0; j < count; ++j) out[j] = bias;
}

/// One channel of one sample through a shifted, perhaps mirrored window.
template <class Stored>
void augment_plane(std::int64_t height, std::int64_t width, const AugmentDraw& draw,
                   const Stored* in, float scale, float bias, float* out) {
  // Columns [first, last) of the image lie in the window; in the output, `left` black ones come
  // first.
  const std::int64_t shift = draw.column_offset;
  const std::int64_t first = shift > 0 ? (shift < width ? shift : width) : 0;
  const std::int64_t last = shift < 0 ? (-shift < width ? width + shift : 0) : width;
  const std::int64_t visible = last > first ? last - first : 0;
  const std::int64_t before = visible > 0 ? first - shift : width;
  const std::int64_t left = draw.mirrored ? width - visible - before : before;
  for (std::int64_t i = 0; i < height; ++i, out += width) {
    const std::int64_t row = i + draw.row_offset;
    if (row < 0 || row >= height || visible == 0) {
      black(width, bias, out);
      continue;
    }
    const Stored* source = in + row * width + first;
    black(left, bias, out);
    if (draw.mirrored)
      convert_mirrored(visible, source, scale, bias, out + left);
    else
      convert(visible, source, scale, bias, out + left);
    black(width - visible - left, bias, out + left + visible);
  }
}

template <class Stored>
void augment_samples(const AugmentArgs& args, float stored_unit) {
  const std::int64_t plane = args.height * args.width, sample = args.channels * plane;
  const bool as_stored = args.crop_padding == 0 && !args.flip;
  for_ranges(args.samples, sample, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) {
      const auto* in = static_cast<const Stored*>(args.sources[n]);
      float* out = args.output + n * sample;
      const AugmentDraw draw =
          as_stored ? AugmentDraw{0, 0, false} : augment_draw(args, args.sample_ids[n]);
      for (std::int64_t c = 0; c < args.channels; ++c, in += plane, out += plane) {
        const float scale = stored_unit / args.std[c], bias = -args.mean[c] / args.std[c];
        if (as_stored)
          convert(plane, in, scale, bias, out);
        else
          augment_plane(args.height, args.width, draw, in, scale, bias, out);
      }
    }
  });
}

void augment(const AugmentArgs& args, Stream&) {
  if (args.type == SampleType::uint8)
    augment_samples<std::uint8_t>(args, 1.0f / 255.0f);
  else
    augment_samples<float>(args, 1.0f);
}

}  // namespace
}  // namespace dtrain::kernels::cpu
