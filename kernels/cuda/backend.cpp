// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/backend.hpp"

#include "kernels/cuda/device.hpp"
#include "kernels/cuda/ops.hpp"

namespace dtrain::kernels {
namespace {

constexpr KernelTable table{
    .make_conv2d = cuda::make_conv2d,
    .make_linear = cuda::make_linear,
    .make_pool2d = cuda::make_pool2d,
    .make_batch_norm = cuda::make_batch_norm,
    .make_reorder = cuda::make_reorder,
    .activation_forward = cuda::activation_forward,
    .activation_backward = cuda::activation_backward,
    .dropout = cuda::dropout,
    .softmax_cross_entropy = cuda::softmax_cross_entropy,
    .mean_squared_error = cuda::mean_squared_error,
    .softmax = cuda::softmax,
    .sgd_update = cuda::sgd_update,
    .adam_update = cuda::adam_update,
    .lamb_direction = cuda::lamb_direction,
    .augment = cuda::augment,
    .add_scaled = cuda::add_scaled,
    .add = cuda::add,
    .fill = cuda::fill,
    .sum_of_squares = cuda::sum_of_squares,
    .find_non_finite = cuda::find_non_finite,
    .float_to_bf16 = cuda::float_to_bf16,
    .bf16_to_float = cuda::bf16_to_float,
};

}  // namespace
}  // namespace dtrain::kernels

/// The module's entry for CudaModule::make_backend. The caller owns the result. Throws Error.
extern "C" __attribute__((visibility("default"))) dtrain::kernels::Backend* dtrain_cuda_backend(
    const dtrain::kernels::CudaOptions* options) {
  using namespace dtrain::kernels;
  return new Backend{"cuda", std::make_unique<cuda::CudaDevice>(*options), &table};
}
