// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "base/rng.hpp"

#include <cmath>
#include <numbers>

namespace dtrain {

std::uint64_t Rng::below(std::uint64_t bound) {
  // Multiply-shift: the high half of a 64-bit draw times the bound.
  const std::uint64_t draw = (std::uint64_t{next()} << 32) | next();
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(draw) * bound) >> 64);
}

float Rng::normal_at(std::uint64_t index) const {
  const std::uint64_t pair = index / 2;
  // (0, 1] so that the logarithm is finite.
  const double u = (static_cast<double>(at(2 * pair)) + 1.0) * 0x1.0p-32;
  const double v = static_cast<double>(at(2 * pair + 1)) * 0x1.0p-32;
  const double radius = std::sqrt(-2.0 * std::log(u));
  const double angle = 2.0 * std::numbers::pi * v;
  return static_cast<float>(index % 2 == 0 ? radius * std::cos(angle) : radius * std::sin(angle));
}

}  // namespace dtrain
