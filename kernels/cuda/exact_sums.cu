// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/cuda/exact_sums.hpp"

#include <math.h>

#include "base/host_device.hpp"
#include "kernels/cuda/map.cuh"

namespace dtrain::kernels::cuda {
namespace {

__global__ void __launch_bounds__(256)
    sum_kernel(ExactSum exact, std::int64_t count, int addends, std::int64_t stride,
               const float* first, double* sums) {
  const std::int64_t threads = std::int64_t{gridDim.x} * blockDim.x;
  for (std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count;
       i += threads) {
    double sum = 0;
    for (int k = 0; k < addends; ++k) {
      const float x = first[k * stride + i];
      // Beyond `largest`, NaN too, the sum is NaN.
      sum += fabsf(x) <= exact.largest ? rint(static_cast<double>(x) * exact.scale)
                                       : static_cast<double>(NAN);
    }
    sums[i] = sum;
  }
}

struct RoundElement {
  double inverse;  ///< of a power of two: exact
  DTRAIN_FUNCTOR void operator()(double sum, float& out) const {
    out = static_cast<float>(sum * inverse);
  }
};

}  // namespace

void sum_exactly(const ExactSum& exact, std::int64_t count, int addends, std::size_t stride,
                 const float* first, double* sums, Stream& stream) {
  if (count == 0) return;
  sum_kernel<<<blocks_for(count), 256, 0, raw(stream)>>>(
      exact, count, addends, static_cast<std::int64_t>(stride), first, sums);
  check_launch("sum_exactly");
}

void round_exact_sums(const ExactSum& exact, std::int64_t count, const double* sums, float* out,
                      Stream& stream) {
  map(stream, count, RoundElement{1.0 / exact.scale}, In<double>{sums}, Out<float>{out});
}

}  // namespace dtrain::kernels::cuda
