// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <cmath>

#include "base/assert.hpp"
#include "kernels/functors.hpp"
#include "kernels/reference/ops.hpp"

namespace dtrain::kernels::reference {

void add_scaled(std::int64_t count, float alpha, const float* x, float* y, Stream&) {
  for (std::int64_t i = 0; i < count; ++i) y[i] += alpha * x[i];
}

void add(AddActivation activation, Elements elements, const float* a, const float* b, float* out,
         Stream&) {
  DTRAIN_ASSERT(elements.type == ElementType::float32);
  const auto f = activation == AddActivation::relu ? Activation::relu : Activation::none;
  for (std::int64_t i = 0; i < elements.count; ++i) out[i] = activate(f, a[i] + b[i]);
}

void fill(std::int64_t count, float value, float* out, Stream&) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = value;
}

double sum_of_squares(std::int64_t count, const float* x, Stream&) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += double{x[i]} * x[i];
  return sum;
}

std::int64_t find_non_finite(Elements elements, const float* x, Stream&) {
  DTRAIN_ASSERT(elements.type == ElementType::float32);
  for (std::int64_t i = 0; i < elements.count; ++i)
    if (!std::isfinite(x[i])) return i;
  return -1;
}

void float_to_bf16(std::int64_t count, const float* in, std::uint16_t* out, Stream&) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = RoundToBf16{}(in[i]);
}

void bf16_to_float(std::int64_t count, const std::uint16_t* in, float* out, Stream&) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = WidenBf16{}(in[i]);
}

}  // namespace dtrain::kernels::reference
