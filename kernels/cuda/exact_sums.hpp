// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/device/device.hpp"
#include "kernels/host_arrays.hpp"

namespace dtrain::kernels::cuda {

// kernels/host_arrays.hpp's exact sums of arrays on the device: the same bits.

/// sums[i] = scale * (sum over k < addends of first[k * stride + i]), exactly; 0 addends: 0.
void sum_exactly(const ExactSum&, std::int64_t count, int addends, std::size_t stride,
                 const float* first, double* sums, Stream&);
/// out[i] = sums[i] / scale, rounded once.
void round_exact_sums(const ExactSum&, std::int64_t count, const double* sums, float* out, Stream&);

}  // namespace dtrain::kernels::cuda
