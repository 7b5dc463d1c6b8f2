// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cmath>
#include <limits>
#include <optional>

namespace dtrain::measure {

/// What the whole job used over some time. NaN is what is not known; sums with it are not known either.
struct EnergyWindow {
  double joules = 0;
  double idle_joules = 0;  ///< what its machines would have used meanwhile had they been idle
  /// So far may it be off, as counters are behind and have a unit. Of sums: in quadrature, as of errors
  /// that do not depend on each other.
  double uncertainty_joules = 0;

  static EnergyWindow unknown() {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    return {nan, nan, nan};
  }
  EnergyWindow& operator+=(const EnergyWindow& other) {
    joules += other.joules;
    idle_joules += other.idle_joules;
    uncertainty_joules = std::hypot(uncertainty_joules, other.uncertainty_joules);
    return *this;
  }
  friend EnergyWindow operator+(EnergyWindow a, const EnergyWindow& b) { return a += b; }

  bool operator==(const EnergyWindow&) const = default;

  /// None where the counters are too coarse to tell it from nothing.
  std::optional<double> gross() const {
    return joules > uncertainty_joules ? std::optional(joules) : std::nullopt;
  }
  /// Above what an idle machine uses.
  std::optional<double> net() const {
    return gross() && !std::isnan(idle_joules) ? std::optional(joules - idle_joules) : std::nullopt;
  }
  /// Of what gross() says.
  std::optional<double> uncertainty() const {
    return gross() ? std::optional(uncertainty_joules) : std::nullopt;
  }
};

}  // namespace dtrain::measure
