// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "base/rng.hpp"
#include "kernels/cpu/functions/parallel.hpp"
#include "kernels/dropout.hpp"

namespace dtrain::kernels::cpu {
namespace {

/// One sample. Draws are made for 64 features at a time: 16 blocks of the generator side by side.
void drop_row(const DropoutArgs& args, std::int64_t sample_id, const float* input, float* output) {
  constexpr std::int64_t blocks = 16, words = 4 * blocks;
  const Rng rng(args.seed, RngPurpose::dropout, dropout_key(sample_id, args.layer), args.step);
  const float rate = args.rate, scale = 1.0f / (1.0f - rate);
  for (std::int64_t first = 0; first < args.features; first += words) {
    float draw[words];
#pragma omp simd
    for (std::int64_t b = 0; b < blocks; ++b) {
      const PhiloxBlock block = rng.block(static_cast<std::uint32_t>(first / 4 + b));
      draw[4 * b] = unit_float(block.word[0]);
      draw[4 * b + 1] = unit_float(block.word[1]);
      draw[4 * b + 2] = unit_float(block.word[2]);
      draw[4 * b + 3] = unit_float(block.word[3]);
    }
    const std::int64_t count = args.features - first < words ? args.features - first : words;
#pragma omp simd
    for (std::int64_t k = 0; k < count; ++k)
      output[first + k] = draw[k] >= rate ? scale * input[first + k] : 0.0f;
  }
}

void dropout(const DropoutArgs& args, const float* input, float* output, Stream&) {
  for_ranges(args.rows, args.features, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n)
      drop_row(args, args.sample_ids[n], input + n * args.features, output + n * args.features);
  });
}

}  // namespace
}  // namespace dtrain::kernels::cpu
