// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/backend.hpp"

#include "kernels/reference/ops.hpp"

namespace dtrain::kernels {
namespace {

constexpr KernelTable table{
    .make_conv2d = reference::make_conv2d,
    .make_linear = reference::make_linear,
    .make_pool2d = reference::make_pool2d,
    .make_batch_norm = reference::make_batch_norm,
    .make_reorder = reference::make_reorder,
    .activation_forward = reference::activation_forward,
    .activation_backward = reference::activation_backward,
    .dropout = reference::dropout,
    .softmax_cross_entropy = reference::softmax_cross_entropy,
    .mean_squared_error = reference::mean_squared_error,
    .softmax = reference::softmax,
    .sgd_update = reference::sgd_update,
    .adam_update = reference::adam_update,
    .lamb_direction = reference::lamb_direction,
    .augment = reference::augment,
    .add_scaled = reference::add_scaled,
    .add = reference::add,
    .fill = reference::fill,
    .sum_of_squares = reference::sum_of_squares,
    .find_non_finite = reference::find_non_finite,
    .float_to_bf16 = reference::float_to_bf16,
    .bf16_to_float = reference::bf16_to_float,
};

}  // namespace

std::unique_ptr<Backend> make_reference_backend() {
  return std::make_unique<Backend>(Backend{"reference", make_host_device(), &table});
}

}  // namespace dtrain::kernels
