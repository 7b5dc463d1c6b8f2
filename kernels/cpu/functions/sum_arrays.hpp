// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstdint>

namespace dtrain::kernels::cpu {
namespace {

/// Sixteen floats: one register of AVX-512, two of AVX2, four of SSE.
using Line [[gnu::vector_size(64)]] = float;
constexpr std::int64_t line_floats = 16;

/// The lines [i, i + lines) of all sources are added up in registers, then stored everywhere.
template <int lines>
void sum_lines(std::int64_t i, std::int64_t sources, const float* const* source,
               std::int64_t destinations, float* const* destination) {
  Line sum[lines];
  for (int k = 0; k < lines; ++k)
    __builtin_memcpy(&sum[k], source[0] + i + k * line_floats, sizeof(Line));
  for (std::int64_t s = 1; s < sources; ++s)
    for (int k = 0; k < lines; ++k) {
      Line part;
      __builtin_memcpy(&part, source[s] + i + k * line_floats, sizeof(Line));
      sum[k] += part;
    }
  for (std::int64_t d = 0; d < destinations; ++d)
    for (int k = 0; k < lines; ++k)
      __builtin_memcpy(destination[d] + i + k * line_floats, &sum[k], sizeof(Line));
}

void sum_arrays(std::int64_t count, std::int64_t sources, const float* const* source,
                std::int64_t destinations, float* const* destination) {
  constexpr int lines = 4;
  std::int64_t i = 0;
  for (; i + lines * line_floats <= count; i += lines * line_floats)
    sum_lines<lines>(i, sources, source, destinations, destination);
  for (; i + line_floats <= count; i += line_floats)
    sum_lines<1>(i, sources, source, destinations, destination);
  for (; i < count; ++i) {
    float sum = source[0][i];
    for (std::int64_t s = 1; s < sources; ++s) sum += source[s][i];
    for (std::int64_t d = 0; d < destinations; ++d) destination[d][i] = sum;
  }
}

}  // namespace
}  // namespace dtrain::kernels::cpu
