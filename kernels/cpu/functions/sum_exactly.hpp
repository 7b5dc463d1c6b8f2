// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstdint>

#include "base/host_device.hpp"
#include "kernels/host_arrays.hpp"

namespace dtrain::kernels::cpu {
namespace {

/// x + this - this is the nearest integer, ties to even, of numbers below 2^51: no bits below one are
/// left in between.
constexpr double round_to_integer = 0x1.8p52;

/// One sum, whatever its terms are.
DTRAIN_FUNCTOR double sum_exactly_at(std::int64_t i, const ExactSum& exact, std::int64_t sources,
                                     const float* const* source) {
  double sum = 0;
  for (std::int64_t s = 0; s < sources; ++s) {
    const float x = source[s][i];
    const bool fits = x <= exact.largest && x >= -exact.largest;
    sum +=
        fits ? (double{x} * exact.scale + round_to_integer) - round_to_integer : __builtin_nan("");
  }
  return sum;
}

/// Sixteen sums whose terms are looked at together; the rare ones with a term that does not fit are
/// taken one by one.
void sum_exactly_in_line(std::int64_t i, const ExactSum& exact, std::int64_t sources,
                         const float* const* source, double* sums) {
  using Floats [[gnu::vector_size(32)]] = float;
  using Doubles [[gnu::vector_size(64)]] = double;
  constexpr int lanes = 8;
  Doubles low = {}, high = {};
  decltype(low < low) beyond = {};
  for (std::int64_t s = 0; s < sources; ++s) {
    Floats a, b;
    __builtin_memcpy(&a, source[s] + i, sizeof a);
    __builtin_memcpy(&b, source[s] + i + lanes, sizeof b);
    const Doubles x = __builtin_convertvector(a, Doubles) * exact.scale;
    const Doubles y = __builtin_convertvector(b, Doubles) * exact.scale;
    const double largest = double{exact.largest} * exact.scale;
    beyond |= ~(x <= largest) | ~(x >= -largest) | ~(y <= largest) | ~(y >= -largest);
    low += (x + round_to_integer) - round_to_integer;
    high += (y + round_to_integer) - round_to_integer;
  }
  std::int64_t any = 0;
  for (int lane = 0; lane < lanes; ++lane) any |= beyond[lane];
  if (any != 0) {
    for (std::int64_t k = 0; k < 2 * lanes; ++k)
      sums[i + k] = sum_exactly_at(i + k, exact, sources, source);
    return;
  }
  __builtin_memcpy(sums + i, &low, sizeof low);
  __builtin_memcpy(sums + i + lanes, &high, sizeof high);
}

void sum_exactly(const ExactSum& exact, std::int64_t count, std::int64_t sources,
                 const float* const* source, double* sums) {
  constexpr std::int64_t line = 16;
  std::int64_t i = 0;
  for (; i + line <= count; i += line) sum_exactly_in_line(i, exact, sources, source, sums);
  for (; i < count; ++i) sums[i] = sum_exactly_at(i, exact, sources, source);
}

void round_exact_sums(const ExactSum& exact, std::int64_t count, const double* sums,
                      std::int64_t destinations, float* const* destination) {
  const double unit = 1.0 / exact.scale;
  for (std::int64_t d = 0; d < destinations; ++d) {
    float* out = destination[d];
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<float>(sums[i] * unit);
  }
}

}  // namespace
}  // namespace dtrain::kernels::cpu
