// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "base/assert.hpp"
#include "kernels/activation.hpp"
#include "kernels/cpu/functions/parallel.hpp"
#include "kernels/cpu/functions/vector_math.hpp"
#include "kernels/functors.hpp"

namespace dtrain::kernels::cpu {
namespace {

struct Identity {
  DTRAIN_FUNCTOR static float forward(float x) { return x; }
  DTRAIN_FUNCTOR static float derivative(float) { return 1.0f; }
};

/// Calls use(functor) with the functor of `activation`.
template <class Use>
void with_functor(Activation activation, const Use& use) {
  switch (activation) {
    case Activation::none:
      return use(Identity{});
    case Activation::relu:
      return use(Relu{});
    case Activation::gelu:
      return use(Gelu<VectorMath>{});
    case Activation::sigmoid:
      return use(Sigmoid<VectorMath>{});
    case Activation::tanh:
      return use(Tanh<VectorMath>{});
  }
}

void activation_forward(Activation activation, Elements elements, const float* input, float* output,
                        Stream&) {
  DTRAIN_ASSERT(elements.type == ElementType::float32);
  with_functor(activation, [=](auto functor) {
    for_each(elements.count, [=](std::int64_t i) { output[i] = functor.forward(input[i]); });
  });
}

void activation_backward(Activation activation, Elements elements, const float* value,
                         const float* output_gradient, float* input_gradient, Stream&) {
  DTRAIN_ASSERT(elements.type == ElementType::float32);
  with_functor(activation, [=](auto functor) {
    for_each(elements.count, [=](std::int64_t i) {
      input_gradient[i] = output_gradient[i] * functor.derivative(value[i]);
    });
  });
}

}  // namespace
}  // namespace dtrain::kernels::cpu
