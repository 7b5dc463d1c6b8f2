// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
// (x / 255 - mean) / std is x * scale + bias, as in the cpu backend. Blocks of one sample draw its crop
// and flip once.

#include "kernels/augment.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernels/cuda/ops.hpp"
#include "kernels/cuda/stream.hpp"

namespace dtrain::kernels::cuda {
namespace {

/// Pixels of one sample, from `blockIdx.x` on, of sample `blockIdx.y` and every gridDim.y after it.
template <class Stored>
__global__ void __launch_bounds__(256) augment_kernel(AugmentArgs args, float stored_unit) {
  const int height = static_cast<int>(args.height), width = static_cast<int>(args.width);
  const int plane = height * width, pixels = static_cast<int>(args.channels) * plane;
  __shared__ int row_offset, column_offset, mirrored;
  for (std::int64_t n = blockIdx.y; n < args.samples; n += gridDim.y) {
    __syncthreads();  // the draw of the sample before is used up
    if (threadIdx.x == 0) {
      const AugmentDraw draw = augment_draw(args, args.sample_ids[n]);
      row_offset = static_cast<int>(draw.row_offset);
      column_offset = static_cast<int>(draw.column_offset);
      mirrored = draw.mirrored ? 1 : 0;
    }
    __syncthreads();
    const auto* in = static_cast<const Stored*>(args.sources[n]);
    float* out = args.output + n * pixels;
    for (int p = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); p < pixels;
         p += static_cast<int>(gridDim.x * blockDim.x)) {
      const int c = p / plane, i = p % plane / width, j = p % width;
      const int row = i + row_offset;
      const int column = (mirrored != 0 ? width - 1 - j : j) + column_offset;
      const bool inside = row >= 0 && row < height && column >= 0 && column < width;
      const float x = inside ? static_cast<float>(in[c * plane + row * width + column]) : 0.0f;
      out[p] = x * (stored_unit / args.std[c]) - args.mean[c] / args.std[c];
    }
  }
}

/// `args` with its small host arrays on the device, sent in one piece.
AugmentArgs upload(const AugmentArgs& args, Stream& stream) {
  const auto samples = static_cast<std::size_t>(args.samples);
  const auto channels = static_cast<std::size_t>(args.channels);
  std::vector<std::byte> bytes;
  const auto append = [&](const void* data, std::size_t size) {
    const std::size_t offset = bytes.size();
    bytes.resize(offset + size);
    std::memcpy(bytes.data() + offset, data, size);
    return offset;
  };
  const std::size_t sources = append(args.sources, samples * sizeof(void*));
  const std::size_t ids = append(args.sample_ids, samples * sizeof(std::int64_t));
  const std::size_t mean = append(args.mean, channels * sizeof(float));
  const std::size_t deviation = append(args.std, channels * sizeof(float));
  const auto* base = static_cast<const std::byte*>(
      static_cast<CudaStream&>(stream).upload(bytes.data(), bytes.size()));
  AugmentArgs result = args;
  result.sources = reinterpret_cast<const void* const*>(base + sources);
  result.sample_ids = reinterpret_cast<const std::int64_t*>(base + ids);
  result.mean = reinterpret_cast<const float*>(base + mean);
  result.std = reinterpret_cast<const float*>(base + deviation);
  return result;
}

}  // namespace

void augment(const AugmentArgs& args, Stream& stream) {
  if (args.samples == 0) return;
  const AugmentArgs on_device = upload(args, stream);
  const std::int64_t pixels = args.channels * args.height * args.width;
  const dim3 grid(static_cast<unsigned>(std::min<std::int64_t>((pixels + 255) / 256, 64)),
                  static_cast<unsigned>(std::min<std::int64_t>(args.samples, 65535)));
  if (args.type == SampleType::uint8)
    augment_kernel<std::uint8_t><<<grid, 256, 0, raw(stream)>>>(on_device, 1.0f / 255.0f);
  else
    augment_kernel<float><<<grid, 256, 0, raw(stream)>>>(on_device, 1.0f);
  check_launch("augment");
}

}  // namespace dtrain::kernels::cuda
