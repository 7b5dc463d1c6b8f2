// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
// Activations, sums, casts: one functor each, computing in float32 whatever the elements are. Compiled
// without contraction (kernels/functors.hpp).

#include "base/assert.hpp"
#include "kernels/cuda/cast.hpp"
#include "kernels/cuda/element.cuh"
#include "kernels/cuda/map.cuh"
#include "kernels/cuda/math.cuh"
#include "kernels/cuda/ops.hpp"
#include "kernels/functors.hpp"

namespace dtrain::kernels::cuda {
namespace {

template <class F, class T>
struct Forward {
  DTRAIN_FUNCTOR void operator()(T x, T& y) const {
    y = static_cast<T>(F::forward(static_cast<float>(x)));
  }
};

template <class F, class T>
struct Backward {
  DTRAIN_FUNCTOR void operator()(T value, T dy, T& dx) const {
    dx = static_cast<T>(static_cast<float>(dy) * F::derivative(static_cast<float>(value)));
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

template <class F, class T>
struct SumElement {
  DTRAIN_FUNCTOR void operator()(T a, T b, T& out) const {
    out = static_cast<T>(F::forward(static_cast<float>(a) + static_cast<float>(b)));
  }
};

struct FillElement {
  float value;
  DTRAIN_FUNCTOR void operator()(float& out) const { out = value; }
};

template <class From, class To>
struct Cast {
  DTRAIN_FUNCTOR void operator()(From x, To& out) const {
    out = static_cast<To>(static_cast<float>(x));
  }
};

struct ToBf16 {
  DTRAIN_FUNCTOR void operator()(float x, std::uint16_t& out) const { out = RoundToBf16{}(x); }
};

struct FromBf16 {
  DTRAIN_FUNCTOR void operator()(std::uint16_t x, float& out) const { out = WidenBf16{}(x); }
};

}  // namespace

void activation_forward(Activation activation, Elements elements, const float* input, float* output,
                        Stream& stream) {
  with_type(elements.type, [&]<class T>(T) {
    with_functions(activation, [&]<class F>(F) {
      map(stream, elements.count, Forward<F, T>{}, In<T>{as<T>(input)}, Out<T>{as<T>(output)});
    });
  });
}

void activation_backward(Activation activation, Elements elements, const float* value,
                         const float* output_gradient, float* input_gradient, Stream& stream) {
  with_type(elements.type, [&]<class T>(T) {
    with_functions(activation, [&]<class F>(F) {
      map(stream, elements.count, Backward<F, T>{}, In<T>{as<T>(value)},
          In<T>{as<T>(output_gradient)}, Out<T>{as<T>(input_gradient)});
    });
  });
}

void add_scaled(std::int64_t count, float alpha, const float* x, float* y, Stream& stream) {
  map(stream, count, AddScaledElement{alpha}, In<float>{x}, InOut<float>{y});
}

void add(AddActivation activation, Elements elements, const float* a, const float* b, float* out,
         Stream& stream) {
  with_type(elements.type, [&]<class T>(T) {
    const auto sum = [&]<class F>(F) {
      map(stream, elements.count, SumElement<F, T>{}, In<T>{as<T>(a)}, In<T>{as<T>(b)},
          Out<T>{as<T>(out)});
    };
    if (activation == AddActivation::relu)
      sum(Relu{});
    else
      sum(Identity{});
  });
}

void fill(std::int64_t count, float value, float* out, Stream& stream) {
  map(stream, count, FillElement{value}, Out<float>{out});
}

void narrow(Elements elements, const float* in, void* out, Stream& stream) {
  with_type(elements.type, [&]<class T>(T) {
    map(stream, elements.count, Cast<float, T>{}, In<float>{in}, Out<T>{static_cast<T*>(out)});
  });
}

void widen(Elements elements, const void* in, float* out, Stream& stream) {
  with_type(elements.type, [&]<class T>(T) {
    map(stream, elements.count, Cast<T, float>{}, In<T>{static_cast<const T*>(in)},
        Out<float>{out});
  });
}

void float_to_bf16(std::int64_t count, const float* in, std::uint16_t* out, Stream& stream) {
  map(stream, count, ToBf16{}, In<float>{in}, Out<std::uint16_t>{out});
}

void bf16_to_float(std::int64_t count, const std::uint16_t* in, float* out, Stream& stream) {
  map(stream, count, FromBf16{}, In<std::uint16_t>{in}, Out<float>{out});
}

}  // namespace dtrain::kernels::cuda
