// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
// Between (C, H, W) and (H, W, C): the transpose of each row's (C, H*W) matrix, by tiles.

#include "kernels/reorder.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "kernels/cuda/layout.hpp"
#include "kernels/cuda/ops.hpp"
#include "kernels/cuda/stream.hpp"

namespace dtrain::kernels::cuda {
namespace {

constexpr int tile = 32, tile_rows = 8;

/// out[n][j][i] = in[n][i][j] for i < height, j < width.
__global__ void __launch_bounds__(tile* tile_rows)
    transpose(std::int64_t count, std::int64_t height, std::int64_t width, const float* in,
              float* out) {
  __shared__ float square[tile][tile + 1];  // odd: columns lie in different banks
  const auto x = static_cast<int>(threadIdx.x), y = static_cast<int>(threadIdx.y);
  const auto tiles_across = static_cast<unsigned>((width + tile - 1) / tile);
  const std::int64_t left = std::int64_t{blockIdx.x % tiles_across} * tile,
                     top = std::int64_t{blockIdx.x / tiles_across} * tile;
  for (std::int64_t n = blockIdx.y; n < count; n += gridDim.y) {
    const float* from = in + n * height * width;
    float* to = out + n * height * width;
    for (int k = y; k < tile; k += tile_rows)
      if (top + k < height && left + x < width) square[k][x] = from[(top + k) * width + left + x];
    __syncthreads();
    for (int k = y; k < tile; k += tile_rows)
      if (left + k < width && top + x < height) to[(left + k) * height + top + x] = square[x][k];
    __syncthreads();
  }
}

class CudaReorder final : public Reorder {
 public:
  CudaReorder(const Layout& from, const Layout& to) {
    DTRAIN_ASSERT(from.shape().elements() == to.shape().elements());
    DTRAIN_ASSERT(from.is_plain() || to.is_plain() || from == to);
    input_layout_ = from;
    output_layout_ = to;
    if (from.is_plain() == to.is_plain()) return;
    const ImageShape image = image_of(from.is_plain() ? to : from);
    images_ = from.shape().elements() / image.elements();
    height_ = from.is_plain() ? image.channels : image.plane();
    width_ = from.is_plain() ? image.plane() : image.channels;
  }

  void run(const float* input, float* output, Stream& stream) override {
    if (images_ == 0) {
      check(cudaMemcpyAsync(output, input, input_layout_.bytes(), cudaMemcpyDeviceToDevice,
                            raw(stream)),
            "cudaMemcpyAsync");
      return;
    }
    const std::int64_t tiles = ((height_ + tile - 1) / tile) * ((width_ + tile - 1) / tile);
    const dim3 grid(static_cast<unsigned>(tiles),
                    static_cast<unsigned>(std::min<std::int64_t>(images_, 65535)));
    transpose<<<grid, dim3(tile, tile_rows), 0, raw(stream)>>>(images_, height_, width_, input,
                                                               output);
    check_launch("a reorder");
  }

 private:
  std::int64_t images_ = 0, height_ = 0, width_ = 0;  ///< 0: a copy
};

}  // namespace

std::unique_ptr<Reorder> make_reorder(Device&, const Layout& from, const Layout& to) {
  return std::make_unique<CudaReorder>(from, to);
}

}  // namespace dtrain::kernels::cuda
