// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Elementwise arithmetic that must give the same bits wherever it runs: replicas on unlike nodes,
// CPU and GPU ranks, and the reference apply the same update to the same sums. CPU loops and a GPU
// launcher call the same functor.
//
// Same bits also need a compiler that does not fuse multiply-adds of its own accord
// (-ffp-contract=off, nvcc -fmad=false). Functors are always inlined: the linker must never pick a
// copy that was compiled for another instruction set.

#include <math.h>  // sqrtf: also the device's

#include <cstdint>

#include "base/host_device.hpp"
#include "kernels/optimizer.hpp"

namespace dtrain::kernels {

/// SgdArgs without momentum, one element.
struct PlainSgdStep {
  explicit PlainSgdStep(const SgdArgs&);

  float learning_rate, weight_decay, gradient_scale;

  DTRAIN_FUNCTOR void operator()(float gradient, float& value) const {
    value -= learning_rate * (gradient_scale * gradient + weight_decay * value);
  }
};

/// SgdArgs with momentum, one element.
struct MomentumSgdStep {
  explicit MomentumSgdStep(const SgdArgs&);

  float learning_rate, momentum, weight_decay, gradient_scale;
  bool nesterov;

  DTRAIN_FUNCTOR void operator()(float gradient, float& value, float& velocity) const {
    const float g = gradient_scale * gradient + weight_decay * value;
    velocity = momentum * velocity + g;
    value -= learning_rate * (nesterov ? g + momentum * velocity : velocity);
  }
};

/// The moments of AdamArgs, one element. Returns m / correction1 / (sqrt(v / correction2) +
/// epsilon).
struct AdamMoments {
  explicit AdamMoments(const AdamArgs&);

  float beta1, one_minus_beta1, beta2, one_minus_beta2, epsilon;
  float scale1;  ///< 1 / correction1
  float scale2;  ///< 1 / sqrt(correction2)

  DTRAIN_FUNCTOR float operator()(float g, float& m, float& v) const {
    m = beta1 * m + one_minus_beta1 * g;
    v = beta2 * v + one_minus_beta2 * (g * g);
    return scale1 * m / (scale2 * sqrtf(v) + epsilon);
  }
};

/// AdamArgs, one element. Adam adds its decay to the gradient, AdamW shrinks the value.
struct AdamStep {
  explicit AdamStep(const AdamArgs&);

  AdamMoments moments;
  float learning_rate, gradient_scale, gradient_decay, value_factor;

  DTRAIN_FUNCTOR void operator()(float gradient, float& value, float& m, float& v) const {
    const float direction = moments(gradient_scale * gradient + gradient_decay * value, m, v);
    value = value_factor * value - learning_rate * direction;
  }
};

/// LambArgs, one element.
struct LambStep {
  explicit LambStep(const LambArgs&);

  AdamMoments moments;
  float gradient_scale, weight_decay;

  DTRAIN_FUNCTOR float operator()(float gradient, float value, float& m, float& v) const {
    return moments(gradient_scale * gradient, m, v) + weight_decay * value;
  }
};

/// Round to nearest, ties to even; a NaN stays a (quiet) NaN.
struct RoundToBf16 {
  DTRAIN_FUNCTOR std::uint16_t operator()(float x) const {
    const auto bits = __builtin_bit_cast(std::uint32_t, x);
    const std::uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
    const std::uint32_t quiet = (bits >> 16) | 0x40u;
    return static_cast<std::uint16_t>((bits & 0x7FFFFFFFu) > 0x7F800000u ? quiet : rounded);
  }
};

struct WidenBf16 {
  DTRAIN_FUNCTOR float operator()(std::uint16_t x) const {
    return __builtin_bit_cast(float, std::uint32_t{x} << 16);
  }
};

// Activations (kernels/activation.hpp). `value` of a derivative is the input (GELU) or the output.

struct Relu {
  DTRAIN_FUNCTOR static float forward(float x) { return x < 0 ? 0.0f : x; }  // NaN stays
  DTRAIN_FUNCTOR static float derivative(float value) { return value > 0 ? 1.0f : 0.0f; }
};

template <class Math>
struct Gelu {
  DTRAIN_FUNCTOR static float forward(float x) { return x * Math::normal_cdf(x); }
  DTRAIN_FUNCTOR static float derivative(float value) {
    return Math::normal_cdf(value) + value * Math::normal_pdf(value);
  }
};

template <class Math>
struct Sigmoid {
  DTRAIN_FUNCTOR static float forward(float x) { return 1.0f / (1.0f + Math::exp(-x)); }
  DTRAIN_FUNCTOR static float derivative(float value) { return value * (1.0f - value); }
};

template <class Math>
struct Tanh {
  DTRAIN_FUNCTOR static float forward(float x) { return Math::tanh(x); }
  DTRAIN_FUNCTOR static float derivative(float value) { return (1.0f - value) * (1.0f + value); }
};

}  // namespace dtrain::kernels
