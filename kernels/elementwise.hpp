// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Loops over flat arrays: sums, scaling, casts, reductions.

#include <cstdint>

#include "kernels/device/device.hpp"
#include "kernels/elements.hpp"

namespace dtrain::kernels {

/// y += alpha * x
using AddScaled = void (*)(std::int64_t count, float alpha, const float* x, float* y, Stream&);
/// out = a + b, then max(., 0) when `relu`. out may be a or b.
enum class AddActivation { none, relu };
using Add = void (*)(AddActivation, Elements, const float* a, const float* b, float* out, Stream&);
using Fill = void (*)(std::int64_t count, float value, float* out, Stream&);

/// Sum of squares, accumulated in double in blocks of fixed size: the result does not depend on the
/// number of threads. On the host when it returns.
using SumOfSquares = double (*)(std::int64_t count, const float* x, Stream&);
/// Index of the first NaN or Inf, or -1.
using FindNonFinite = std::int64_t (*)(Elements, const float* x, Stream&);

/// Round to nearest, ties to even; NaN stays NaN.
using FloatToBf16 = void (*)(std::int64_t count, const float* in, std::uint16_t* out, Stream&);
using Bf16ToFloat = void (*)(std::int64_t count, const std::uint16_t* in, float* out, Stream&);

}  // namespace dtrain::kernels
