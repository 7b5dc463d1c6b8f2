// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <cmath>
#include <numeric>

#include "measure/fma_loop.hpp"

// Any architecture: independent chains that the compiler can put into vectors.

namespace dtrain::measure {
namespace {

constexpr int chains = 64;

float run_baseline(std::int64_t iterations) {
  float chain[chains];
  std::iota(chain, chain + chains, 1.0f);
  float factor = 1.0f, summand = 0.0f;
  for (std::int64_t n = 0; n < iterations; ++n) {
    asm volatile("" : "+m"(factor), "+m"(summand));  // not known to be 1 and 0
    const float f = factor, s = summand;
    for (int i = 0; i < chains; ++i) chain[i] = std::fma(chain[i], f, s);
  }
  return std::accumulate(chain, chain + chains, 0.0f);
}

}  // namespace

FmaLoop fma_loop(kernels::cpu::InstructionSet) {
  return {2 * chains, run_baseline};
}

}  // namespace dtrain::measure
