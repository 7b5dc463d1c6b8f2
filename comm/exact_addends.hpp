// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "comm/collective.hpp"

namespace dtrain::comm {

/// Appends where a rank's addends are, the first of them at `first`.
inline void append_addends(std::vector<const float*>& sources, const float* first,
                           const Addends& addends) {
  for (int k = 0; k < addends.count; ++k)
    sources.push_back(first + static_cast<std::size_t>(k) * addends.stride);
}

/// Sums `sources` exactly and stores the rounded sums in every destination, in tiles that stay in
/// the cache. A destination may be a source.
inline void sum_and_round(const ExactSum& exact, std::size_t count,
                          std::vector<const float*> sources, std::vector<float*> destinations) {
  constexpr std::size_t tile = 2048;
  std::array<double, tile> sums;
  for (std::size_t begin = 0; begin < count; begin += tile) {
    const auto size = static_cast<std::int64_t>(std::min(tile, count - begin));
    kernels::sum_exactly(exact, size, sources, sums.data());
    kernels::round_exact_sums(exact, size, sums.data(), destinations);
    for (const float*& source : sources) source += size;
    for (float*& destination : destinations) destination += size;
  }
}

}  // namespace dtrain::comm
