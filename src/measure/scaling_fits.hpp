// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What a few measurements say of how a program scales: the classic models, fitted by least squares.
// The errors that are made small are relative ones (of a time: (fitted - measured) / measured), so that
// a measurement of a microsecond counts as much as one of a second. Arguments are the caller's to check:
// what a function says that it needs is asserted.

#include <span>

namespace dtrain::measure {

/// The same work on so many ranks.
struct ScalingMeasurement {
  double ranks = 0, seconds = 0;
};

/// T(P) = T(1) · (s + (1 - s)/P): the share s of the work is done by one rank while the others wait
/// (G. M. Amdahl, AFIPS Spring Joint Computer Conference, 1967).
struct AmdahlFit {
  /// Below 0 where speed-up is more than linear, as where each rank's part fits its caches.
  double serial_fraction = 0;
  double seconds_at_one = 0;  ///< fitted: one rank need not have been measured
};
/// Needs two or more numbers of ranks; all values above 0.
AmdahlFit fit_amdahl(std::span<const ScalingMeasurement> measurements);

/// Work that grows with the ranks: the rate over that of one rank.
struct ScaledSpeedup {
  double ranks = 0, speedup = 0;
};

/// S(P) = P - s · (P - 1): of the time that P ranks take, the share s is serial (J. L. Gustafson,
/// Communications of the ACM 31, 1988).
struct GustafsonFit {
  double serial_fraction = 0;
};
/// Needs a measurement of two or more ranks. Errors are those of the efficiency, S/P.
GustafsonFit fit_gustafson(std::span<const ScaledSpeedup> measurements);

/// The serial fraction that one measured speed-up of a fixed amount of work stands for,
/// (1/S - 1/P) / (1 - 1/P). Where it grows with the ranks, overhead grows too (A. H. Karp, H. P. Flatt,
/// Communications of the ACM 33, 1990). Needs two or more ranks and a speed-up above 0.
double karp_flatt(double speedup, double ranks);

/// What it took to move so many bytes.
struct TransferMeasurement {
  double bytes = 0, seconds = 0;
};

/// t(n) = latency + n · seconds_per_byte, Hockney's r_inf and n_1/2 in other words (R. W. Hockney,
/// Parallel Computing 20, 1994).
struct LatencyBandwidthFit {
  double latency_seconds = 0, seconds_per_byte = 0;
};
/// Needs two or more sizes; seconds above 0. Neither of the two is ever negative: where the best fit
/// had one below 0, it is the best with that one at 0.
LatencyBandwidthFit fit_latency_bandwidth(std::span<const TransferMeasurement> measurements);

}  // namespace dtrain::measure
