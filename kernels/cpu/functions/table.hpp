// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The Functions of the instruction set that this is compiled for.

#include "kernels/cpu/functions.hpp"
#include "kernels/cpu/functions/activation.hpp"
#include "kernels/cpu/functions/augment.hpp"
#include "kernels/cpu/functions/dropout.hpp"
#include "kernels/cpu/functions/elementwise.hpp"
#include "kernels/cpu/functions/loss.hpp"
#include "kernels/cpu/functions/optimizer.hpp"
#include "kernels/cpu/functions/reduction.hpp"
#include "kernels/cpu/functions/sum_arrays.hpp"
#include "kernels/cpu/functions/sum_exactly.hpp"

namespace dtrain::kernels::cpu {
namespace {

constexpr Functions table{
    .activation_forward = activation_forward,
    .activation_backward = activation_backward,
    .dropout = dropout,
    .softmax_cross_entropy = softmax_cross_entropy,
    .mean_squared_error = mean_squared_error,
    .softmax = softmax,
    .sgd_update = sgd_update,
    .adam_update = adam_update,
    .lamb_direction = lamb_direction,
    .augment = augment,
    .add_scaled = add_scaled,
    .add = add,
    .fill = fill,
    .sum_of_squares = sum_of_squares,
    .find_non_finite = find_non_finite,
    .float_to_bf16 = float_to_bf16,
    .bf16_to_float = bf16_to_float,
    .sum_arrays = sum_arrays,
    .sum_exactly = sum_exactly,
    .round_exact_sums = round_exact_sums,
};

}  // namespace
}  // namespace dtrain::kernels::cpu
