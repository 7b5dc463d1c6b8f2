// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
// Activations, sums, casts: one functor each. Compiled without contraction (kernels/functors.hpp).

#include "base/assert.hpp"
#include "kernels/cuda/map.cuh"
#include "kernels/cuda/math.cuh"
#include "kernels/cuda/ops.hpp"
#include "kernels/functors.hpp"

namespace dtrain::kernels::cuda {
namespace {

template <class F>
struct Forward {
  DTRAIN_FUNCTOR void operator()(float x, float& y) const { y = F::forward(x); }
};

template <class F>
struct Backward {
  DTRAIN_FUNCTOR void operator()(float value, float dy, float& dx) const {
    dx = dy * F::derivative(value);
  }
};

struct Identity {
  DTRAIN_FUNCTOR static float forward(float x) { return x; }
  DTRAIN_FUNCTOR static float derivative(float) { return 1.0f; }
};

/// Calls visit with the activation's functions.
template <class Visit>
void with_functions(Activation activation, const Visit& visit) {
  switch (activation) {
    case Activation::none:
      return visit(Identity{});
    case Activation::relu:
      return visit(Relu{});
    case Activation::gelu:
      return visit(Gelu<CudaMath>{});
    case Activation::sigmoid:
      return visit(Sigmoid<CudaMath>{});
    case Activation::tanh:
      return visit(Tanh<CudaMath>{});
  }
  DTRAIN_ASSERT(false);
}

struct AddScaledElement {
  float alpha;
  DTRAIN_FUNCTOR void operator()(float x, float& y) const { y += alpha * x; }
};

struct SumElement {
  DTRAIN_FUNCTOR void operator()(float a, float b, float& out) const { out = a + b; }
};

struct RectifiedSumElement {
  DTRAIN_FUNCTOR void operator()(float a, float b, float& out) const { out = Relu::forward(a + b); }
};

struct FillElement {
  float value;
  DTRAIN_FUNCTOR void operator()(float& out) const { out = value; }
};

struct ToBf16 {
  DTRAIN_FUNCTOR void operator()(float x, std::uint16_t& out) const { out = RoundToBf16{}(x); }
};

struct FromBf16 {
  DTRAIN_FUNCTOR void operator()(std::uint16_t x, float& out) const { out = WidenBf16{}(x); }
};

}  // namespace

void activation_forward(Activation activation, std::int64_t count, const float* input,
                        float* output, Stream& stream) {
  with_functions(activation, [&]<class F>(F) {
    map(stream, count, Forward<F>{}, In<float>{input}, Out<float>{output});
  });
}

void activation_backward(Activation activation, std::int64_t count, const float* value,
                         const float* output_gradient, float* input_gradient, Stream& stream) {
  with_functions(activation, [&]<class F>(F) {
    map(stream, count, Backward<F>{}, In<float>{value}, In<float>{output_gradient},
        Out<float>{input_gradient});
  });
}

void add_scaled(std::int64_t count, float alpha, const float* x, float* y, Stream& stream) {
  map(stream, count, AddScaledElement{alpha}, In<float>{x}, InOut<float>{y});
}

void add(AddActivation activation, std::int64_t count, const float* a, const float* b, float* out,
         Stream& stream) {
  if (activation == AddActivation::relu)
    map(stream, count, RectifiedSumElement{}, In<float>{a}, In<float>{b}, Out<float>{out});
  else
    map(stream, count, SumElement{}, In<float>{a}, In<float>{b}, Out<float>{out});
}

void fill(std::int64_t count, float value, float* out, Stream& stream) {
  map(stream, count, FillElement{value}, Out<float>{out});
}

void float_to_bf16(std::int64_t count, const float* in, std::uint16_t* out, Stream& stream) {
  map(stream, count, ToBf16{}, In<float>{in}, Out<std::uint16_t>{out});
}

void bf16_to_float(std::int64_t count, const std::uint16_t* in, float* out, Stream& stream) {
  map(stream, count, FromBf16{}, In<std::uint16_t>{in}, Out<float>{out});
}

}  // namespace dtrain::kernels::cuda
