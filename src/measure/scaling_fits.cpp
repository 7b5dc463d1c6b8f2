// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/scaling_fits.hpp"

#include "base/assert.hpp"

namespace dtrain::measure {
namespace {

/// y is about constant + slope · x.
struct Line {
  double constant = 0, slope = 0;
};

/// Sums that hold all that a fit of a line needs: of u = 1/y and v = x/y, as the line's relative error
/// at a point is constant · u + slope · v - 1.
class RelativeLine {
 public:
  void add(double x, double y) {
    DTRAIN_ASSERT(y > 0);
    const double u = 1 / y, v = x / y;
    u_ += u;
    v_ += v;
    uu_ += u * u;
    uv_ += u * v;
    vv_ += v * v;
  }

  /// The normal equations by Cramer's rule. Needs two or more x.
  Line fit() const {
    const double determinant = uu_ * vv_ - uv_ * uv_;
    DTRAIN_ASSERT(determinant > 0);
    return {(u_ * vv_ - v_ * uv_) / determinant, (v_ * uu_ - u_ * uv_) / determinant};
  }
  /// The best with the other one at 0.
  double fit_constant() const { return u_ / uu_; }
  double fit_slope() const { return v_ / vv_; }

 private:
  double u_ = 0, v_ = 0, uu_ = 0, uv_ = 0, vv_ = 0;
};

}  // namespace

AmdahlFit fit_amdahl(std::span<const ScalingMeasurement> measurements) {
  RelativeLine line;
  for (const auto& [ranks, seconds] : measurements) {
    DTRAIN_ASSERT(ranks > 0);
    line.add(1 / ranks, seconds);
  }
  const auto [serial, parallel] = line.fit();
  return {serial / (serial + parallel), serial + parallel};
}

GustafsonFit fit_gustafson(std::span<const ScaledSpeedup> measurements) {
  // S/P = 1 - s · x with x = (P - 1)/P: a line through (0, 1), whose errors count as they are.
  double xx = 0, xy = 0;
  for (const auto& [ranks, speedup] : measurements) {
    DTRAIN_ASSERT(ranks > 0);
    const double x = (ranks - 1) / ranks;
    xx += x * x;
    xy += x * (1 - speedup / ranks);
  }
  DTRAIN_ASSERT(xx > 0);
  return {xy / xx};
}

double karp_flatt(double speedup, double ranks) {
  DTRAIN_ASSERT(speedup > 0 && ranks > 1);
  return (1 / speedup - 1 / ranks) / (1 - 1 / ranks);
}

LatencyBandwidthFit fit_latency_bandwidth(std::span<const TransferMeasurement> measurements) {
  RelativeLine line;
  for (const auto& [bytes, seconds] : measurements) line.add(bytes, seconds);
  const auto [latency, seconds_per_byte] = line.fit();
  if (latency < 0) return {0, line.fit_slope()};
  if (seconds_per_byte < 0) return {line.fit_constant(), 0};
  return {latency, seconds_per_byte};
}

}  // namespace dtrain::measure
