// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/scaling_fits.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

// Numbers with a comment are NumPy's, from
//
//   import numpy as np
//   def line(x, y):  # of relative errors
//       return np.linalg.lstsq(np.column_stack([1/y, x/y]), np.ones_like(y), rcond=None)[0]

namespace dtrain::measure {
namespace {

TEST(ScalingFits, AmdahlRecoversALawExactly) {
  std::vector<ScalingMeasurement> measured;
  for (const double ranks : {2, 3, 8, 64, 1000})  // one rank alone was not measured
    measured.push_back({ranks, 5 * (0.07 + 0.93 / ranks)});
  const AmdahlFit fit = fit_amdahl(measured);
  EXPECT_NEAR(fit.serial_fraction, 0.07, 1e-12);
  EXPECT_NEAR(fit.seconds_at_one, 5, 1e-11);
}

TEST(ScalingFits, AmdahlFitsAsNumPyDoes) {
  // a, b = line(1/np.array([1, 2, 4, 8, 16.]), np.array([10.1, 5.6, 3.2, 2.1, 1.45])); a/(a+b), a+b
  const std::array<ScalingMeasurement, 5> measured{
      {{1, 10.1}, {2, 5.6}, {4, 3.2}, {8, 2.1}, {16, 1.45}}};
  const AmdahlFit fit = fit_amdahl(measured);
  EXPECT_NEAR(fit.serial_fraction, 0.08685189664381326, 1e-12);
  EXPECT_NEAR(fit.seconds_at_one, 10.212579817963118, 1e-10);
}

TEST(ScalingFits, AmdahlSaysSoWhereSpeedupIsMoreThanLinear) {
  const std::array<ScalingMeasurement, 2> measured{{{1, 10}, {2, 4}}};
  EXPECT_NEAR(fit_amdahl(measured).serial_fraction, -0.2, 1e-12);  // 10 (s + (1 - s)/2) = 4
}

TEST(ScalingFits, GustafsonRecoversALawExactly) {
  std::vector<ScaledSpeedup> measured{{1, 1}};
  for (const double ranks : {2, 5, 128}) measured.push_back({ranks, ranks - 0.21 * (ranks - 1)});
  EXPECT_NEAR(fit_gustafson(measured).serial_fraction, 0.21, 1e-12);
}

TEST(ScalingFits, GustafsonFitsAsNumPyDoes) {
  // p = np.array([1, 2, 4, 8, 16.]); s = np.array([1, 1.9, 3.7, 7.1, 13.6])
  // np.linalg.lstsq(((p-1)/p)[:,None], 1 - s/p, rcond=None)[0]
  const std::array<ScaledSpeedup, 5> measured{{{1, 1}, {2, 1.9}, {4, 3.7}, {8, 7.1}, {16, 13.6}}};
  EXPECT_NEAR(fit_gustafson(measured).serial_fraction, 0.13036565977742448, 1e-12);
}

TEST(ScalingFits, KarpFlattIsAmdahlsFractionOfOneMeasurement) {
  const double ranks = 8, serial = 0.04, speedup = 1 / (serial + (1 - serial) / ranks);
  EXPECT_NEAR(karp_flatt(speedup, ranks), serial, 1e-14);
  EXPECT_NEAR(karp_flatt(2, 2), 0, 1e-14);
  EXPECT_NEAR(karp_flatt(1, 2), 1, 1e-14);
}

TEST(ScalingFits, LatencyAndBandwidthOfAnExactLink) {
  std::vector<TransferMeasurement> measured;
  for (double bytes = 1024; bytes <= 64 << 20; bytes *= 4)
    measured.push_back({bytes, 30e-6 + bytes / 1.25e9});
  const LatencyBandwidthFit fit = fit_latency_bandwidth(measured);
  EXPECT_NEAR(fit.latency_seconds, 30e-6, 1e-15);
  EXPECT_NEAR(fit.seconds_per_byte, 0.8e-9, 1e-19);
}

TEST(ScalingFits, LatencyAndBandwidthFitAsNumPyDoes) {
  // line(1024.*4**np.arange(9), np.array([31, 34, 52, 110, 330, 1210, 4600, 18400, 74000])*1e-6)
  std::vector<TransferMeasurement> measured;
  double bytes = 1024;
  for (const double microseconds : {31, 34, 52, 110, 330, 1210, 4600, 18400, 74000}) {
    measured.push_back({bytes, microseconds * 1e-6});
    bytes *= 4;
  }
  const LatencyBandwidthFit fit = fit_latency_bandwidth(measured);
  EXPECT_NEAR(fit.latency_seconds, 3.0537180456565844e-05, 1e-15);
  EXPECT_NEAR(fit.seconds_per_byte, 1.1208840257294592e-09, 1e-19);
}

/// The sum of squares that a fit makes small.
double squares(std::span<const TransferMeasurement> measured, const LatencyBandwidthFit& fit) {
  double sum = 0;
  for (const auto& [bytes, seconds] : measured)
    sum += std::pow((fit.latency_seconds + bytes * fit.seconds_per_byte) / seconds - 1, 2);
  return sum;
}

void expect_no_neighbour_is_better(std::span<const TransferMeasurement> measured) {
  const LatencyBandwidthFit fit = fit_latency_bandwidth(measured);
  EXPECT_GE(fit.latency_seconds, 0);
  EXPECT_GE(fit.seconds_per_byte, 0);
  const double scale = measured.back().seconds, per_byte = scale / measured.back().bytes;
  for (const double step : {1e-3, 1e-2, 0.1}) {
    for (const int i : {-1, 0, 1}) {
      for (const int j : {-1, 0, 1}) {
        const LatencyBandwidthFit other{fit.latency_seconds + i * step * scale,
                                        fit.seconds_per_byte + j * step * per_byte};
        if (other.latency_seconds < 0 || other.seconds_per_byte < 0) continue;
        EXPECT_LE(squares(measured, fit), squares(measured, other) + 1e-12);
      }
    }
  }
}

TEST(ScalingFits, NeitherLatencyNorTimePerByteIsNegative) {
  const std::array<TransferMeasurement, 4> steep{
      {{1000, 1.0}, {2000, 2.3}, {4000, 4.4}, {8000, 9.5}}};
  EXPECT_EQ(fit_latency_bandwidth(steep).latency_seconds, 0);
  // n = np.array([1000, 2000, 4000, 8000.]); u = np.array([1.0, 2.3, 4.4, 9.5])
  // np.sum(n/u)/np.sum((n/u)**2)
  EXPECT_NEAR(fit_latency_bandwidth(steep).seconds_per_byte, 0.0010999565714423045, 1e-15);
  expect_no_neighbour_is_better(steep);

  const std::array<TransferMeasurement, 4> falling{
      {{1000, 5.0}, {2000, 4.8}, {4000, 4.9}, {8000, 4.7}}};
  EXPECT_EQ(fit_latency_bandwidth(falling).seconds_per_byte, 0);
  // u = np.array([5.0, 4.8, 4.9, 4.7]); np.sum(1/u)/np.sum(1/u**2)
  EXPECT_NEAR(fit_latency_bandwidth(falling).latency_seconds, 4.844844594255137, 1e-12);
  expect_no_neighbour_is_better(falling);
}

}  // namespace
}  // namespace dtrain::measure
