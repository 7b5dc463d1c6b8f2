// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "base/rng.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dtrain {

std::uint64_t Rng::below(std::uint64_t bound) {
  // Multiply-shift: the high half of a 64-bit draw times the bound.
  const std::uint64_t draw = (std::uint64_t{next()} << 32) | next();
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(draw) * bound) >> 64);
}

namespace {

struct NormalPair {
  float first, second;
};

/// Box-Muller: two normal numbers from two words.
NormalPair normal_pair(std::uint32_t word0, std::uint32_t word1) {
  // (0, 1] so that the logarithm is finite.
  const double u = (static_cast<double>(word0) + 1.0) * 0x1.0p-32;
  const double v = static_cast<double>(word1) * 0x1.0p-32;
  const double radius = std::sqrt(-2.0 * std::log(u));
  const double angle = 2.0 * std::numbers::pi * v;
  return {static_cast<float>(radius * std::cos(angle)),
          static_cast<float>(radius * std::sin(angle))};
}

}  // namespace

float Rng::normal_at(std::uint64_t index) const {
  const std::uint64_t pair = index / 2;
  const NormalPair normals = normal_pair(at(2 * pair), at(2 * pair + 1));
  return index % 2 == 0 ? normals.first : normals.second;
}

void Rng::fill_normal(std::span<float> out) const {
  for (std::size_t i = 0; i < out.size(); i += 4) {
    const PhiloxBlock words = block(static_cast<std::uint32_t>(i / 4));
    const NormalPair low = normal_pair(words.word[0], words.word[1]);
    const NormalPair high = normal_pair(words.word[2], words.word[3]);
    const float normals[] = {low.first, low.second, high.first, high.second};
    std::copy_n(normals, std::min<std::size_t>(4, out.size() - i), &out[i]);
  }
}

}  // namespace dtrain
