// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/backend.hpp"

#include <omp.h>

#include "kernels/cpu/functions.hpp"
#include "kernels/cpu/planned_ops.hpp"

namespace dtrain::kernels {

namespace {

const KernelTable& table() {
  static const cpu::Functions& best = cpu::functions(cpu::best_instruction_set());
  static const KernelTable table{
      .make_conv2d = cpu::make_conv2d,
      .make_linear = cpu::make_linear,
      .make_pool2d = cpu::make_pool2d,
      .make_batch_norm = cpu::make_batch_norm,
      .make_reorder = cpu::make_reorder,
      .activation_forward = best.activation_forward,
      .activation_backward = best.activation_backward,
      .dropout = best.dropout,
      .softmax_cross_entropy = best.softmax_cross_entropy,
      .mean_squared_error = best.mean_squared_error,
      .softmax = best.softmax,
      .sgd_update = best.sgd_update,
      .adam_update = best.adam_update,
      .lamb_direction = best.lamb_direction,
      .augment = best.augment,
      .add_scaled = best.add_scaled,
      .add = best.add,
      .fill = best.fill,
      .sum_of_squares = best.sum_of_squares,
      .find_non_finite = best.find_non_finite,
      .float_to_bf16 = best.float_to_bf16,
      .bf16_to_float = best.bf16_to_float,
  };
  return table;
}

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(int threads) {
  DTRAIN_ASSERT(threads >= 1);
  omp_set_num_threads(threads);
  return std::make_unique<Backend>(Backend{"cpu", make_host_device(), &table()});
}

}  // namespace dtrain::kernels
