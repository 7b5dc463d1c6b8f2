// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The passes of batch norm over one plane.

#include "kernels/cpu/loops.hpp"
#include "kernels/cpu/loops/vector.hpp"

namespace dtrain::kernels::cpu {
namespace {

template <int L>
void moments(PlaneExtent e, const float* x, float* mean, float* squares) {
  using V = Vector<L>;
  for (std::int64_t lane = 0; lane < e.lanes; lane += L) {
    const auto sum_of = [&](const auto& term) {
      typename V::Floats sums[4]{};
      interleave<4>(e.pixels, [&](std::int64_t i, int chain) {
        sums[chain] += term(V::load(x + i * e.lanes + lane));
      });
      return (sums[0] + sums[1]) + (sums[2] + sums[3]);
    };
    const auto m = sum_of([](auto v) { return v; }) / static_cast<float>(e.pixels);
    V::store(mean + lane, m);
    V::store(squares + lane, sum_of([m](auto v) { return (v - m) * (v - m); }));
  }
}

template <int L>
void normalise(PlaneExtent e, bool with_relu, const float* x, const float* mean, const float* scale,
               const float* shift, float* y) {
  using V = Vector<L>;
  for (std::int64_t lane = 0; lane < e.lanes; lane += L) {
    const auto m = V::load(mean + lane), a = V::load(scale + lane), b = V::load(shift + lane);
    for (std::int64_t i = lane; i < e.pixels * e.lanes; i += e.lanes) {
      const auto v = a * (V::load(x + i) - m) + b;
      V::store(y + i, with_relu ? relu<L>(v) : v);
    }
  }
}

template <int L>
void gradient_sums(PlaneExtent e, const float* x, const float* mean, const float* y, float* dy,
                   float* sum, float* sum_centred) {
  using V = Vector<L>;
  for (std::int64_t lane = 0; lane < e.lanes; lane += L) {
    const auto m = V::load(mean + lane);
    typename V::Floats sums[2]{}, centred[2]{};
    interleave<2>(e.pixels, [&](std::int64_t i, int chain) {
      const std::int64_t at = i * e.lanes + lane;
      auto g = V::load(dy + at);
      if (y) {
        g = relu_gradient<L>(V::load(y + at), g);
        V::store(dy + at, g);
      }
      sums[chain] += g;
      centred[chain] += g * (V::load(x + at) - m);
    });
    V::store(sum + lane, sums[0] + sums[1]);
    V::store(sum_centred + lane, centred[0] + centred[1]);
  }
}

template <int L>
void combine(PlaneExtent e, const float* dy, const float* x, const float* a, const float* b,
             const float* c, float* dx) {
  using V = Vector<L>;
  for (std::int64_t lane = 0; lane < e.lanes; lane += L) {
    const auto va = V::load(a + lane), vb = V::load(b + lane), vc = V::load(c + lane);
    for (std::int64_t i = lane; i < e.pixels * e.lanes; i += e.lanes)
      V::store(dx + i, va * V::load(dy + i) + (vb * V::load(x + i) + vc));
  }
}

}  // namespace
}  // namespace dtrain::kernels::cpu
