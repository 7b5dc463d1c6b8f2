// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Sums are taken in blocks and lanes of fixed size, so that neither the number of threads nor the
// instruction set changes a bit of the result: ranks on unlike nodes clip by the same norm.

#include "base/host_device.hpp"
#include "kernels/cpu/functions/parallel.hpp"
#include "kernels/elementwise.hpp"

namespace dtrain::kernels::cpu {
namespace {

constexpr std::int64_t block_elements = 4096;
/// Blocks whose sums wait for each other on the stack.
constexpr std::int64_t blocks_per_round = 256;

/// In 32 lanes: eight registers of four doubles where there are such registers.
double sum_of_squares_in_block(std::int64_t count, const float* x) {
  using Floats [[gnu::vector_size(16)]] = float;
  using Doubles [[gnu::vector_size(32)]] = double;
  constexpr int registers = 8, width = 4;
  Doubles lanes[registers] = {};
  std::int64_t i = 0;
  for (; i + registers * width <= count; i += registers * width)
    for (int k = 0; k < registers; ++k) {
      Floats part;
      __builtin_memcpy(&part, x + i + k * width, sizeof part);
      const Doubles wide = __builtin_convertvector(part, Doubles);
      lanes[k] += wide * wide;
    }
  const Doubles folded = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
                         ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
  double sum = 0;
  for (int k = 0; k < width; ++k) sum += folded[k];
  for (; i < count; ++i) sum += double{x[i]} * x[i];
  return sum;
}

double sum_of_squares(std::int64_t count, const float* x, Stream&) {
  double total = 0;
  constexpr std::int64_t round_elements = blocks_per_round * block_elements;
  for (std::int64_t start = 0; start < count; start += round_elements) {
    const std::int64_t here = count - start < round_elements ? count - start : round_elements;
    const std::int64_t blocks = (here + block_elements - 1) / block_elements;
    double sums[blocks_per_round];
    for_ranges(blocks, block_elements, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t b = begin; b < end; ++b) {
        const std::int64_t first = b * block_elements;
        sums[b] = sum_of_squares_in_block(
            here - first < block_elements ? here - first : block_elements, x + start + first);
      }
    });
    for (std::int64_t b = 0; b < blocks; ++b) total += sums[b];
  }
  return total;
}

/// NaN or infinite: the bits without the sign reach those of infinity.
DTRAIN_FUNCTOR std::int32_t is_non_finite(float x) {
  return (__builtin_bit_cast(std::int32_t, x) & 0x7FFFFFFF) >= 0x7F800000 ? 1 : 0;
}

/// `none` when all are finite.
std::int64_t find_non_finite_in_range(std::int64_t begin, std::int64_t end, const float* x,
                                      std::int64_t none) {
  for (std::int64_t block = begin; block < end; block += block_elements) {
    const std::int64_t stop = end - block < block_elements ? end : block + block_elements;
    std::int32_t any = 0;
#pragma omp simd reduction(| : any)
    for (std::int64_t i = block; i < stop; ++i) any |= is_non_finite(x[i]);
    if (any == 0) continue;
    for (std::int64_t i = block; i < stop; ++i)
      if (is_non_finite(x[i])) return i;
  }
  return none;
}

std::int64_t find_non_finite(Elements elements, const float* x, Stream&) {
  DTRAIN_ASSERT(elements.type == ElementType::float32);
  const std::int64_t count = elements.count;
  std::int64_t first = count;
  for_ranges(count, 1, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t found = find_non_finite_in_range(begin, end, x, count);
    // The smallest of all ranges wins. Not an omp critical: callers may be threads of their own.
    std::int64_t smallest = __atomic_load_n(&first, __ATOMIC_RELAXED);
    while (found < smallest && !__atomic_compare_exchange_n(&first, &smallest, found, true,
                                                            __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
  });
  return first == count ? -1 : first;
}

}  // namespace
}  // namespace dtrain::kernels::cpu
