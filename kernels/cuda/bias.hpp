// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What convolution and linear need beside their products.

#include <cstddef>
#include <cstdint>

#include "kernels/activation.hpp"

namespace dtrain::kernels::cuda {

/// output[r, c] = activation(output[r, c] + bias[c]) in place; bias null: without. none or relu.
/// `type`: of output. The bias and its gradient are float32.
void add_bias(Activation, ElementType type, std::int64_t rows, std::int64_t channels,
              const float* bias, float* output, Stream&);

/// Memory that finish_output_gradient wants.
std::size_t bias_scratch_bytes(std::int64_t rows, std::int64_t channels);
/// output_gradient[r, c] is multiplied in place by the activation's derivative (none or relu) at
/// output[r, c], and bias_gradient[c] = its sum over rows. bias_gradient null: not wanted.
void finish_output_gradient(Activation, ElementType type, std::int64_t rows, std::int64_t channels,
                            const float* output, float* output_gradient, float* bias_gradient,
                            void* scratch, Stream&);

}  // namespace dtrain::kernels::cuda
