// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
// Between (C, H, W) and (H, W, C): the transpose of each row's (C, H*W) matrix, by tiles; and between
// element types, in the same pass.

#include "kernels/reorder.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "kernels/cuda/element.cuh"
#include "kernels/cuda/layout.hpp"
#include "kernels/cuda/map.cuh"
#include "kernels/cuda/ops.hpp"
#include "kernels/cuda/stream.hpp"

namespace dtrain::kernels::cuda {
namespace {

constexpr int tile = 32, tile_rows = 8;

/// out[n][j][i] = in[n][i][j] for i < height, j < width.
template <class From, class To>
__global__ void __launch_bounds__(tile* tile_rows)
    transpose(std::int64_t count, std::int64_t height, std::int64_t width, const From* in,
              To* out) {
  __shared__ float square[tile][tile + 1];  // odd: columns lie in different banks
  const auto x = static_cast<int>(threadIdx.x), y = static_cast<int>(threadIdx.y);
  const auto tiles_across = static_cast<unsigned>((width + tile - 1) / tile);
  const std::int64_t left = std::int64_t{blockIdx.x % tiles_across} * tile,
                     top = std::int64_t{blockIdx.x / tiles_across} * tile;
  for (std::int64_t n = blockIdx.y; n < count; n += gridDim.y) {
    const From* from = in + n * height * width;
    To* to = out + n * height * width;
    for (int k = y; k < tile; k += tile_rows)
      if (top + k < height && left + x < width)
        square[k][x] = static_cast<float>(from[(top + k) * width + left + x]);
    __syncthreads();
    for (int k = y; k < tile; k += tile_rows)
      if (left + k < width && top + x < height)
        to[(left + k) * height + top + x] = static_cast<To>(square[x][k]);
    __syncthreads();
  }
}

template <class From, class To>
struct Copy {
  __device__ void operator()(From x, To& out) const {
    out = static_cast<To>(static_cast<float>(x));
  }
};

template <class From, class To>
class CudaReorder final : public Reorder {
 public:
  CudaReorder(const Layout& from, const Layout& to) {
    DTRAIN_ASSERT(from.shape().elements() == to.shape().elements());
    input_layout_ = from;
    output_layout_ = to;
    if (is_row_major(from) == is_row_major(to)) {
      // Two orders that are not row-major must be the same one.
      DTRAIN_ASSERT(is_row_major(from) || from.shape() == to.shape());
      return;
    }
    const ImageShape image = image_of(is_row_major(from) ? to : from);
    images_ = from.shape().elements() / image.elements();
    height_ = is_row_major(from) ? image.channels : image.plane();
    width_ = is_row_major(from) ? image.plane() : image.channels;
  }

  void run(const float* input, float* output, Stream& stream) override {
    if (images_ == 0) {
      map(stream, input_layout_.shape().elements(), Copy<From, To>{}, In<From>{as<From>(input)},
          Out<To>{as<To>(output)});
      return;
    }
    const std::int64_t tiles = ((height_ + tile - 1) / tile) * ((width_ + tile - 1) / tile);
    const dim3 grid(static_cast<unsigned>(tiles),
                    static_cast<unsigned>(std::min<std::int64_t>(images_, 65535)));
    transpose<<<grid, dim3(tile, tile_rows), 0, raw(stream)>>>(images_, height_, width_,
                                                               as<From>(input), as<To>(output));
    check_launch("a reorder");
  }

 private:
  std::int64_t images_ = 0, height_ = 0, width_ = 0;  ///< 0: the order stays
};

}  // namespace

std::unique_ptr<Reorder> make_reorder(Device&, const Layout& from, const Layout& to) {
  std::unique_ptr<Reorder> op;
  with_type(from.elements().type, [&]<class From>(From) {
    with_type(to.elements().type,
              [&]<class To>(To) { op = std::make_unique<CudaReorder<From, To>>(from, to); });
  });
  return op;
}

}  // namespace dtrain::kernels::cuda
