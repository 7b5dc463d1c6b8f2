// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/dropout.hpp"

#include "base/rng.hpp"
#include "kernels/cuda/map.cuh"
#include "kernels/cuda/ops.hpp"

namespace dtrain::kernels::cuda {
namespace {

/// A thread for each block of four words of the generator: four features of one sample. `args`
/// names sample ids on the device.
__global__ void __launch_bounds__(256)
    dropout_kernel(DropoutArgs args, std::int64_t quads, const float* input, float* output) {
  const float scale = 1.0f / (1.0f - args.rate);
  const std::int64_t count = args.rows * quads;
  const std::int64_t threads = std::int64_t{gridDim.x} * blockDim.x;
  for (std::int64_t t = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; t < count;
       t += threads) {
    const std::int64_t n = t / quads, quad = t % quads;
    const Rng rng(args.seed, RngPurpose::dropout, dropout_key(args.sample_ids[n], args.layer),
                  args.step);
    const PhiloxBlock words = rng.block(static_cast<std::uint32_t>(quad));
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      if (quad * 4 + k >= args.features) continue;
      const std::int64_t i = n * args.features + quad * 4 + k;
      output[i] = unit_float(words.word[k]) >= args.rate ? scale * input[i] : 0.0f;
    }
  }
}

}  // namespace

void dropout(const DropoutArgs& args, const float* input, float* output, Stream& stream) {
  if (args.rows == 0 || args.features == 0) return;
  const std::int64_t quads = (args.features + 3) / 4;
  DropoutArgs on_device = args;
  on_device.sample_ids = static_cast<const std::int64_t*>(static_cast<CudaStream&>(stream).upload(
      args.sample_ids, static_cast<std::size_t>(args.rows) * sizeof(std::int64_t)));
  dropout_kernel<<<blocks_for(args.rows * quads), 256, 0, raw(stream)>>>(on_device, quads, input,
                                                                         output);
  check_launch("dropout");
}

}  // namespace dtrain::kernels::cuda
