// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
// Reductions of whole arrays to one number on the host.

#include <numeric>
#include <span>

#include "kernels/cuda/element.cuh"
#include "kernels/cuda/ops.hpp"
#include "kernels/cuda/stream.hpp"

namespace dtrain::kernels::cuda {
namespace {

/// The same number on every GPU, so that sums are the same.
constexpr int blocks = 512, threads = 256;
static_assert(blocks * sizeof(double) <= CudaStream::result_bytes);

__global__ void __launch_bounds__(threads)
    sum_of_squares_kernel(std::int64_t count, const float* x, double* partials) {
  __shared__ double shared[threads];
  double sum = 0;
  for (std::int64_t i = std::int64_t{blockIdx.x} * threads + threadIdx.x; i < count;
       i += std::int64_t{blocks} * threads)
    sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  shared[threadIdx.x] = sum;
  __syncthreads();
  for (int half = threads / 2; half > 0; half /= 2) {
    if (static_cast<int>(threadIdx.x) < half) shared[threadIdx.x] += shared[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0) partials[blockIdx.x] = shared[0];
}

template <class T>
__global__ void __launch_bounds__(threads)
    find_non_finite_kernel(std::int64_t count, const T* x, unsigned long long* first) {
  for (std::int64_t i = std::int64_t{blockIdx.x} * threads + threadIdx.x; i < count;
       i += std::int64_t{blocks} * threads)
    if (!isfinite(static_cast<float>(x[i]))) {
      atomicMin(first, static_cast<unsigned long long>(i));
      return;  // this thread's first
    }
}

}  // namespace

double sum_of_squares(std::int64_t count, const float* x, Stream& stream) {
  if (count == 0) return 0;
  auto& cuda = static_cast<CudaStream&>(stream);
  sum_of_squares_kernel<<<blocks, threads, 0, raw(stream)>>>(
      count, x, static_cast<double*>(cuda.device_result()));
  check_launch("sum_of_squares");
  const std::span partials(static_cast<const double*>(cuda.fetch_result(blocks * sizeof(double))),
                           blocks);
  return std::accumulate(partials.begin(), partials.end(), 0.0);
}

std::int64_t find_non_finite(Elements elements, const float* x, Stream& stream) {
  if (elements.count == 0) return -1;
  auto& cuda = static_cast<CudaStream&>(stream);
  auto* first = static_cast<unsigned long long*>(cuda.device_result());
  check(cudaMemsetAsync(first, 0xFF, sizeof *first, raw(stream)), "cudaMemsetAsync");
  with_type(elements.type, [&]<class T>(T) {
    find_non_finite_kernel<<<blocks, threads, 0, raw(stream)>>>(elements.count, as<T>(x), first);
  });
  check_launch("find_non_finite");
  // All ones, where there is none, is -1.
  return static_cast<std::int64_t>(
      *static_cast<const unsigned long long*>(cuda.fetch_result(sizeof *first)));
}

}  // namespace dtrain::kernels::cuda
