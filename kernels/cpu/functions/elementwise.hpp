// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "base/assert.hpp"
#include "kernels/cpu/functions/parallel.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/functors.hpp"

namespace dtrain::kernels::cpu {
namespace {

void add_scaled(std::int64_t count, float alpha, const float* x, float* y, Stream&) {
  for_each(count, [=](std::int64_t i) { y[i] += alpha * x[i]; });
}

void add(AddActivation activation, Elements elements, const float* a, const float* b, float* out,
         Stream&) {
  DTRAIN_ASSERT(elements.type == ElementType::float32);
  const std::int64_t count = elements.count;
  if (activation == AddActivation::relu)
    for_each(count, [=](std::int64_t i) { out[i] = Relu::forward(a[i] + b[i]); });
  else
    for_each(count, [=](std::int64_t i) { out[i] = a[i] + b[i]; });
}

void fill(std::int64_t count, float value, float* out, Stream&) {
  for_each(count, [=](std::int64_t i) { out[i] = value; });
}

void float_to_bf16(std::int64_t count, const float* in, std::uint16_t* out, Stream&) {
  for_each(count, [=](std::int64_t i) { out[i] = RoundToBf16{}(in[i]); });
}

void bf16_to_float(std::int64_t count, const std::uint16_t* in, float* out, Stream&) {
  for_each(count, [=](std::int64_t i) { out[i] = WidenBf16{}(in[i]); });
}

}  // namespace
}  // namespace dtrain::kernels::cpu
