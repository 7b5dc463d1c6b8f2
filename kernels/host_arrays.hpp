// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Loops over host memory for who has no Backend: comm sums the gradients of ranks that share a
// node. One thread; the best instruction set of the machine; the same bits on every one.

#include <cstdint>
#include <span>

namespace dtrain::kernels {

/// destinations[d][i] = sources[0][i] + sources[1][i] + … in this order, for i < count and every d.
/// A destination may be a source; arrays do not overlap otherwise. At least one source.
void sum_arrays(std::int64_t count, std::span<const float* const> sources,
                std::span<float* const> destinations);

/// Sums of floats that no order of additions changes: every float is rounded to a multiple of
/// 1 / scale, and as integers in doubles these add up exactly, in memory and in messages, as long as
/// they stay below 2^53. A float beyond `largest`, and one that is not a number, makes the sum NaN.
struct ExactSum {
  double scale;  ///< a power of two
  float largest;
};
/// For sums of at most `terms` floats up to 8192.
ExactSum exact_sum_of(std::int64_t terms);
/// sums[i] = scale * (sources[0][i] + sources[1][i] + …), exactly. No source: 0.
void sum_exactly(const ExactSum&, std::int64_t count, std::span<const float* const> sources,
                 double* sums);
/// destinations[d][i] = sums[i] / scale, rounded once.
void round_exact_sums(const ExactSum&, std::int64_t count, const double* sums,
                      std::span<float* const> destinations);

/// Round to nearest, ties to even; NaN stays NaN.
void round_to_bf16(std::int64_t count, const float* in, std::uint16_t* out);
void widen_bf16(std::int64_t count, const std::uint16_t* in, float* out);

}  // namespace dtrain::kernels
