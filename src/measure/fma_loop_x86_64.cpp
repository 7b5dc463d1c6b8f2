// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <immintrin.h>

#include <numeric>

#include "measure/fma_loop.hpp"

// A multiply-add takes 4 to 5 cycles and two can start in each: ten to twelve independent chains
// keep the units busy. With factor 1 and summand 0 the values stay normal numbers.

namespace dtrain::measure {
namespace {

constexpr int chains = 12;

__attribute__((target("avx512f"))) float run_avx512(std::int64_t iterations) {
  __m512 chain[chains];
  for (int i = 0; i < chains; ++i) chain[i] = _mm512_set1_ps(1.0f + static_cast<float>(i));
  __m512 factor = _mm512_set1_ps(1.0f), summand = _mm512_setzero_ps();
  for (std::int64_t n = 0; n < iterations; ++n) {
    asm volatile("" : "+v"(factor), "+v"(summand));  // not known to be 1 and 0
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i) chain[i] = _mm512_fmadd_ps(chain[i], factor, summand);
  }
  float sum = 0;
  for (int i = 0; i < chains; ++i) {
    float lanes[16];
    _mm512_storeu_ps(lanes, chain[i]);
    sum = std::accumulate(lanes, lanes + 16, sum);
  }
  return sum;
}

__attribute__((target("avx2,fma"))) float run_avx2(std::int64_t iterations) {
  __m256 chain[chains];
  for (int i = 0; i < chains; ++i) chain[i] = _mm256_set1_ps(1.0f + static_cast<float>(i));
  __m256 factor = _mm256_set1_ps(1.0f), summand = _mm256_setzero_ps();
  for (std::int64_t n = 0; n < iterations; ++n) {
    asm volatile("" : "+x"(factor), "+x"(summand));
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i) chain[i] = _mm256_fmadd_ps(chain[i], factor, summand);
  }
  float sum = 0;
  for (int i = 0; i < chains; ++i) {
    float lanes[8];
    _mm256_storeu_ps(lanes, chain[i]);
    sum = std::accumulate(lanes, lanes + 8, sum);
  }
  return sum;
}

/// Without FMA: a multiplication and an addition, which the same chains hide as well.
float run_baseline(std::int64_t iterations) {
  __m128 chain[chains];
  for (int i = 0; i < chains; ++i) chain[i] = _mm_set1_ps(1.0f + static_cast<float>(i));
  __m128 factor = _mm_set1_ps(1.0f), summand = _mm_setzero_ps();
  for (std::int64_t n = 0; n < iterations; ++n) {
    asm volatile("" : "+x"(factor), "+x"(summand));
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i) chain[i] = _mm_add_ps(_mm_mul_ps(chain[i], factor), summand);
  }
  float sum = 0;
  for (int i = 0; i < chains; ++i) {
    float lanes[4];
    _mm_storeu_ps(lanes, chain[i]);
    sum = std::accumulate(lanes, lanes + 4, sum);
  }
  return sum;
}

}  // namespace

FmaLoop fma_loop(kernels::cpu::InstructionSet set) {
  switch (set) {
    case kernels::cpu::InstructionSet::avx512:
      return {2 * 16 * chains, run_avx512};
    case kernels::cpu::InstructionSet::avx2:
      return {2 * 8 * chains, run_avx2};
    case kernels::cpu::InstructionSet::baseline:
      break;
  }
  return {2 * 4 * chains, run_baseline};
}

}  // namespace dtrain::measure
