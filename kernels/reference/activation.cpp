// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <cmath>
#include <numbers>

#include "base/assert.hpp"
#include "kernels/reference/ops.hpp"

namespace dtrain::kernels::reference {
namespace {

/// The distribution function of the standard normal.
double normal_cdf(double x) {
  return 0.5 * std::erfc(-x / std::numbers::sqrt2);
}

/// Its density.
double normal_pdf(double x) {
  return std::exp(-0.5 * x * x) / std::sqrt(2.0 * std::numbers::pi);
}

}  // namespace

float activate(Activation activation, float input) {
  const double x = input;
  switch (activation) {
    case Activation::none:
      return input;
    case Activation::relu:
      return input < 0 ? 0.0f : input;  // NaN stays
    case Activation::gelu:
      return static_cast<float>(x * normal_cdf(x));
    case Activation::sigmoid:
      return static_cast<float>(1.0 / (1.0 + std::exp(-x)));
    case Activation::tanh:
      return static_cast<float>(std::tanh(x));
  }
  DTRAIN_ASSERT(false);
  return 0;
}

float derivative(Activation activation, float value) {
  const double x = value;  // the input (GELU) or the output (the others)
  switch (activation) {
    case Activation::none:
      return 1.0f;
    case Activation::relu:
      return value > 0 ? 1.0f : 0.0f;
    case Activation::gelu:
      return static_cast<float>(normal_cdf(x) + x * normal_pdf(x));
    case Activation::sigmoid:
      return static_cast<float>(x * (1.0 - x));
    case Activation::tanh:
      return static_cast<float>(1.0 - x * x);
  }
  DTRAIN_ASSERT(false);
  return 0;
}

void activation_forward(Activation activation, Elements elements, const float* input, float* output,
                        Stream&) {
  DTRAIN_ASSERT(elements.type == ElementType::float32);
  for (std::int64_t i = 0; i < elements.count; ++i) output[i] = activate(activation, input[i]);
}

void activation_backward(Activation activation, Elements elements, const float* value,
                         const float* output_gradient, float* input_gradient, Stream&) {
  DTRAIN_ASSERT(elements.type == ElementType::float32);
  for (std::int64_t i = 0; i < elements.count; ++i)
    input_gradient[i] = output_gradient[i] * derivative(activation, value[i]);
}

}  // namespace dtrain::kernels::reference
