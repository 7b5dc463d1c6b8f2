// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The Loops of the instruction set that this is compiled for.

#include "kernels/cpu/loops.hpp"
#include "kernels/cpu/loops/batch_norm.hpp"
#include "kernels/cpu/loops/narrow_forward.hpp"
#include "kernels/cpu/loops/narrow_gradient.hpp"
#include "kernels/cpu/loops/pool.hpp"

namespace dtrain::kernels::cpu {
namespace {

constexpr Loops table{
    .max_pool =
        [](const PoolWindow& w, const float* input, float* output, void* positions) {
          with_vector(w.lanes, [&](auto width) {
            with_window(w, is_two_by_two(w), [&](auto p, auto side) {
              max_pool<width.floats, decltype(p), side.floats>(
                  w, input, output, static_cast<decltype(p)*>(positions));
            });
          });
        },
    .max_pool_backward =
        [](const PoolWindow& w, const float* output, const float* output_gradient,
           const void* positions, float* input_gradient) {
          with_vector(w.lanes, [&](auto width) {
            with_window(w, is_two_by_two(w) && tiles(w), [&](auto p, auto side) {
              max_pool_backward<width.floats, decltype(p), side.floats>(
                  w, output, output_gradient, static_cast<const decltype(p)*>(positions),
                  input_gradient);
            });
          });
        },
    .average_pool =
        [](const PoolWindow& w, const float* input, float* output) {
          with_vector(w.lanes, [&](auto width) { average_pool<width.floats>(w, input, output); });
        },
    .average_pool_backward =
        [](const PoolWindow& w, const float* output, const float* output_gradient,
           float* input_gradient) {
          with_vector(w.lanes, [&](auto width) {
            average_pool_backward<width.floats>(w, output, output_gradient, input_gradient);
          });
        },
    .moments =
        [](PlaneExtent e, const float* x, float* mean, float* squares) {
          with_vector(e.lanes, [&](auto width) { moments<width.floats>(e, x, mean, squares); });
        },
    .normalise =
        [](PlaneExtent e, bool with_relu, const float* x, const float* mean, const float* scale,
           const float* shift, float* y) {
          with_vector(e.lanes, [&](auto width) {
            normalise<width.floats>(e, with_relu, x, mean, scale, shift, y);
          });
        },
    .gradient_sums =
        [](PlaneExtent e, const float* x, const float* mean, const float* y, float* dy, float* sum,
           float* sum_centred) {
          with_vector(e.lanes, [&](auto width) {
            gradient_sums<width.floats>(e, x, mean, y, dy, sum, sum_centred);
          });
        },
    .combine =
        [](PlaneExtent e, const float* dy, const float* x, const float* a, const float* b,
           const float* c, float* dx) {
          with_vector(e.lanes, [&](auto width) { combine<width.floats>(e, dy, x, a, b, c, dx); });
        },
    .narrow_pack = narrow_pack,
    .narrow_forward = narrow_forward,
    .narrow_weight_gradient = narrow_weight_gradient,
    .narrow_bias_gradient = narrow_bias_gradient,
};

}  // namespace
}  // namespace dtrain::kernels::cpu
