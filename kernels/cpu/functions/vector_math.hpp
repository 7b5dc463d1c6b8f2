// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// exp, tanh and the normal distribution without branches or tables, so that loops over them
// vectorise. Errors against the exact value, over all floats (tests/kernels/activation_test.cpp):
//   exp, tanh, sigmoid through exp: 2 units in the last place;
//   normal_cdf: 5e-7 relative for x > -2, growing with x^2 in the tail.
// The polynomials are own minimax fits. NaN gives NaN.

#include <math.h>

#include <cstdint>

#include "base/host_device.hpp"

namespace dtrain::kernels::cpu {
namespace {

struct VectorMath {
  /// e^x = 2^n * e^r with n = round(x / ln 2), |r| <= ln 2 / 2.
  DTRAIN_FUNCTOR static float exp(float x) {
    x = x > 89.0f ? 89.0f : x;
    x = x < -104.0f ? -104.0f : x;
    // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
    constexpr float rounder = 12582912.0f;
    const float shifted = x * 1.44269504f + rounder;
    const float n = shifted - rounder;
    // ln 2 in two parts, the first of few bits: n times it is exact.
    const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.38122402e-3f;
    p = p * r + 8.36982857e-3f;
    p = p * r + 4.16684970e-2f;
    p = p * r + 1.66665107e-1f;
    p = p * r + 4.99999940e-1f;
    p = p * (r * r) + r + 1.0f;
    // 2^n in two factors: 2^128 and 2^-149 are no normal floats.
    const std::int32_t exponent =
        __builtin_bit_cast(std::int32_t, shifted) - __builtin_bit_cast(std::int32_t, rounder);
    const std::int32_t half = exponent >> 1;
    return p * power_of_two(half) * power_of_two(exponent - half);
  }

  /// 1 - 2 / (e^2x + 1); near 0, where that cancels, x + x^3 P(x^2).
  DTRAIN_FUNCTOR static float tanh(float x) {
    const float size = fabsf(x);
    const float large = 1.0f - 2.0f / (exp(2.0f * size) + 1.0f);
    const float s = x * x;
    float p = -5.51536866e-3f;
    p = p * s + 2.04696115e-2f;
    p = p * s - 5.36880828e-2f;
    p = p * s + 1.33308306e-1f;
    p = p * s - 3.33332598e-1f;
    const float small = x + x * s * p;
    return size < 0.625f ? small : (x < 0 ? -large : large);
  }

  /// The standard normal's density.
  DTRAIN_FUNCTOR static float normal_pdf(float x) { return 0.398942280f * exp(-0.5f * x * x); }

  /// Its distribution: erfc(z) / 2 with z = |x| / sqrt 2 is the lower tail;
  /// erfc(z) = e^(-z^2) t P(t), t = 1 / (1 + 0.4 z).
  DTRAIN_FUNCTOR static float normal_cdf(float x) {
    const float t = 1.0f / (1.0f + 0.4f * 0.707106781f * fabsf(x));
    float p = 4.16080616e-2f;
    p = p * t - 1.42059281e-1f;
    p = p * t + 8.76128897e-2f;
    p = p * t + 8.37808475e-2f;
    p = p * t + 8.26720819e-2f;
    p = p * t + 1.92140117e-1f;
    p = p * t + 2.02211007e-1f;
    p = p * t + 2.26397395e-1f;
    p = p * t + 2.25636929e-1f;
    const float tail = 0.5f * exp(-0.5f * x * x) * t * p;
    return x < 0 ? tail : 1.0f - tail;
  }

 private:
  /// -126 <= n <= 127
  DTRAIN_FUNCTOR static float power_of_two(std::int32_t n) {
    return __builtin_bit_cast(float, (n + 127) << 23);
  }
};

}  // namespace
}  // namespace dtrain::kernels::cpu
