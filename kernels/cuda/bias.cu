// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/cuda/bias.hpp"

#include "kernels/cuda/column_sums.cuh"
#include "kernels/cuda/element.cuh"
#include "kernels/cuda/map.cuh"
#include "kernels/cuda/ops.hpp"
#include "kernels/functors.hpp"

namespace dtrain::kernels::cuda {
namespace {

template <class T>
__global__ void __launch_bounds__(256)
    add_bias_kernel(bool rectify, std::int64_t count, std::int64_t channels, const float* bias,
                    T* output) {
  const std::int64_t threads = std::int64_t{gridDim.x} * blockDim.x;
  for (std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count;
       i += threads) {
    const float x = static_cast<float>(output[i]) + bias[i % channels];
    output[i] = static_cast<T>(rectify ? Relu::forward(x) : x);
  }
}

/// Of the gradient, masked on the way.
template <class T>
struct BiasSum {
  using Partial = float;
  bool rectify;
  const T* output;
  T* output_gradient;
  float* bias_gradient;

  __device__ float of(std::int64_t index, std::int64_t) const {
    float gradient = static_cast<float>(output_gradient[index]);
    if (rectify) {
      gradient *= Relu::derivative(static_cast<float>(output[index]));
      output_gradient[index] = static_cast<T>(gradient);  // as it was, or 0
    }
    return gradient;
  }
  __device__ static float join(float a, float b) { return a + b; }
  __device__ void finish(std::int64_t column, float sum) const { bias_gradient[column] = sum; }
};

}  // namespace

void add_bias(Activation activation, ElementType type, std::int64_t rows, std::int64_t channels,
              const float* bias, float* output, Stream& stream) {
  const std::int64_t count = rows * channels;
  if (count == 0) return;
  if (bias == nullptr) {
    if (activation != Activation::none)
      activation_forward(activation, {count, type}, output, output, stream);
    return;
  }
  with_type(type, [&]<class T>(T) {
    add_bias_kernel<<<blocks_for(count), 256, 0, raw(stream)>>>(
        activation == Activation::relu, count, channels, bias, as<T>(output));
  });
  check_launch("add_bias");
}

std::size_t bias_scratch_bytes(std::int64_t rows, std::int64_t channels) {
  return ColumnBlocks(rows, channels).bytes<float>(channels);
}

void finish_output_gradient(Activation activation, ElementType type, std::int64_t rows,
                            std::int64_t channels, const float* output, float* output_gradient,
                            float* bias_gradient, void* scratch, Stream& stream) {
  const bool rectify = activation == Activation::relu;
  if (bias_gradient != nullptr)
    with_type(type, [&]<class T>(T) {
      sum_columns(BiasSum<T>{rectify, as<T>(output), as<T>(output_gradient), bias_gradient}, rows,
                  channels, scratch, stream);
    });
  else if (rectify)
    activation_backward(activation, {rows * channels, type}, output, output_gradient,
                        output_gradient, stream);
}

}  // namespace dtrain::kernels::cuda
