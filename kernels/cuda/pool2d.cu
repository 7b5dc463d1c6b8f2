// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
// Pooling on (N, H, W, C): one thread per output forward, one per input backward, which gathers from
// the windows that it lies in, so that there are no atomics and every input is written.

#include "kernels/pool2d.hpp"

#include <algorithm>

#include "kernels/cuda/element.cuh"
#include "kernels/cuda/layout.hpp"
#include "kernels/cuda/map.cuh"
#include "kernels/cuda/ops.hpp"
#include "kernels/functors.hpp"

namespace dtrain::kernels::cuda {
namespace {

/// Extents as kernels want them.
struct Geometry {
  int channels, in_height, in_width, out_height, out_width;
  int window_height, window_width, stride_height, stride_width, padding_height, padding_width;

  __device__ std::int64_t input(std::int64_t n, int row, int column, int c) const {
    return ((n * in_height + row) * in_width + column) * channels + c;
  }
  __device__ std::int64_t output(std::int64_t n, int i, int j, int c) const {
    return ((n * out_height + i) * out_width + j) * channels + c;
  }
};

/// Rows (or columns) of the image in window `at`.
struct Extent {
  int begin, end;
  __device__ Extent(int at, int stride, int padding, int window, int size)
      : begin(max(at * stride - padding, 0)), end(min(at * stride - padding + window, size)) {}
  __device__ int size() const { return end - begin; }
};

/// Windows that cover row (or column) `at`.
struct Cover {
  int begin, end;
  __device__ Cover(int at, int stride, int padding, int window, int windows)
      : begin(at + padding < window ? 0 : (at + padding - window) / stride + 1),
        end(min((at + padding) / stride + 1, windows)) {}
};

struct Place {
  std::int64_t n;
  int row, column, c;
};

/// Calls visit(place, index) for every element of a batch of images: images along the grid's y, so that
/// places within one are found by 32-bit divisions.
template <class Visit>
__device__ void for_each_place(std::int64_t batch, int height, int width, int channels,
                               const Visit& visit) {
  const int image = height * width * channels;
  const int threads = static_cast<int>(gridDim.x * blockDim.x);
  for (std::int64_t n = blockIdx.y; n < batch; n += gridDim.y)
    for (int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); i < image; i += threads) {
      const int pixel = i / channels;
      visit(Place{n, pixel / width, pixel % width, i % channels}, n * image + i);
    }
}

dim3 grid_for(std::int64_t batch, int elements) {
  return {blocks_for(elements), static_cast<unsigned>(std::min<std::int64_t>(batch, 65535))};
}

/// `saved`, if wanted: where in the image each maximum is, row * width + column.
template <class T>
__global__ void __launch_bounds__(256) max_forward(Geometry g, bool rectify, std::int64_t batch,
                                                   const T* input, T* output, int* saved) {
  for_each_place(
      batch, g.out_height, g.out_width, g.channels, [&](const Place& at, std::int64_t y) {
        const Extent rows(at.row, g.stride_height, g.padding_height, g.window_height, g.in_height);
        const Extent columns(at.column, g.stride_width, g.padding_width, g.window_width,
                             g.in_width);
        float best = static_cast<float>(input[g.input(at.n, rows.begin, columns.begin, at.c)]);
        int place = rows.begin * g.in_width + columns.begin;
        for (int row = rows.begin; row < rows.end; ++row)
          for (int column = columns.begin; column < columns.end; ++column) {
            const float x = static_cast<float>(input[g.input(at.n, row, column, at.c)]);
            if (x > best || (isnan(x) && !isnan(best))) {
              best = x;
              place = row * g.in_width + column;
            }
          }
        output[y] = static_cast<T>(rectify ? Relu::forward(best) : best);
        if (saved != nullptr) saved[y] = place;
      });
}

/// Of the gradient at output `y`, masked by what the output is.
template <class T>
__device__ float masked_gradient(bool rectify, const T* output, const T* output_gradient,
                                 std::int64_t y) {
  const auto gradient = static_cast<float>(output_gradient[y]);
  return rectify ? gradient * Relu::derivative(static_cast<float>(output[y])) : gradient;
}

template <class T>
__global__ void __launch_bounds__(256)
    max_backward(Geometry g, bool rectify, std::int64_t batch, const T* output,
                 const T* output_gradient, const int* saved, T* input_gradient) {
  for_each_place(batch, g.in_height, g.in_width, g.channels, [&](const Place& at, std::int64_t x) {
    const Cover rows(at.row, g.stride_height, g.padding_height, g.window_height, g.out_height);
    const Cover columns(at.column, g.stride_width, g.padding_width, g.window_width, g.out_width);
    const int place = at.row * g.in_width + at.column;
    float sum = 0;
    for (int i = rows.begin; i < rows.end; ++i)
      for (int j = columns.begin; j < columns.end; ++j) {
        const std::int64_t y = g.output(at.n, i, j, at.c);
        if (saved[y] != place) continue;
        sum += masked_gradient(rectify, output, output_gradient, y);
      }
    input_gradient[x] = static_cast<T>(sum);
  });
}

template <class T>
__global__ void __launch_bounds__(256)
    average_forward(Geometry g, bool rectify, std::int64_t batch, const T* input, T* output) {
  for_each_place(
      batch, g.out_height, g.out_width, g.channels, [&](const Place& at, std::int64_t y) {
        const Extent rows(at.row, g.stride_height, g.padding_height, g.window_height, g.in_height);
        const Extent columns(at.column, g.stride_width, g.padding_width, g.window_width,
                             g.in_width);
        float sum = 0;
        for (int row = rows.begin; row < rows.end; ++row)
          for (int column = columns.begin; column < columns.end; ++column)
            sum += static_cast<float>(input[g.input(at.n, row, column, at.c)]);
        const float mean = sum / static_cast<float>(rows.size() * columns.size());
        output[y] = static_cast<T>(rectify ? Relu::forward(mean) : mean);
      });
}

template <class T>
__global__ void __launch_bounds__(256, 1)
    average_backward(Geometry g, bool rectify, std::int64_t batch, const T* output,
                     const T* output_gradient, T* input_gradient) {
  for_each_place(batch, g.in_height, g.in_width, g.channels, [&](const Place& at, std::int64_t x) {
    const Cover rows(at.row, g.stride_height, g.padding_height, g.window_height, g.out_height);
    const Cover columns(at.column, g.stride_width, g.padding_width, g.window_width, g.out_width);
    float sum = 0;
    for (int i = rows.begin; i < rows.end; ++i) {
      const int height =
          Extent(i, g.stride_height, g.padding_height, g.window_height, g.in_height).size();
      for (int j = columns.begin; j < columns.end; ++j) {
        const int width =
            Extent(j, g.stride_width, g.padding_width, g.window_width, g.in_width).size();
        const std::int64_t y = g.output(at.n, i, j, at.c);
        sum += masked_gradient(rectify, output, output_gradient, y) *
               __frcp_rn(static_cast<float>(height * width));
      }
    }
    input_gradient[x] = static_cast<T>(sum);
  });
}

template <class T>
class CudaPool2d final : public Pool2d {
 public:
  explicit CudaPool2d(const Pool2dSpec& spec)
      : kind_(spec.kind),
        keeps_(spec.kind == PoolKind::max && spec.pass == Pass::training),
        rectify_(spec.activation == Activation::relu),
        batch_(spec.batch) {
    const auto as_int = [](std::int64_t x) { return static_cast<int>(x); };
    geometry_ = {
        as_int(spec.channels),       as_int(spec.in_height),     as_int(spec.in_width),
        as_int(spec.out_height()),   as_int(spec.out_width()),   as_int(spec.window_height),
        as_int(spec.window_width),   as_int(spec.stride_height), as_int(spec.stride_width),
        as_int(spec.padding_height), as_int(spec.padding_width)};
    const ElementType type = spec.input.elements().type;
    input_layout_ = channels_last(spec.input_shape(), type);
    output_layout_ = channels_last(spec.output_shape(), type);
    if (keeps_)
      saved_bytes_ = static_cast<std::size_t>(spec.output_shape().elements()) * sizeof(int);
  }

  void forward(const float* input, float* output, void* saved, Stream& stream) override {
    const dim3 blocks =
        grid_for(batch_, geometry_.out_height * geometry_.out_width * geometry_.channels);
    if (kind_ == PoolKind::max)
      max_forward<<<blocks, 256, 0, raw(stream)>>>(geometry_, rectify_, batch_, as<T>(input),
                                                   as<T>(output),
                                                   keeps_ ? static_cast<int*>(saved) : nullptr);
    else
      average_forward<<<blocks, 256, 0, raw(stream)>>>(geometry_, rectify_, batch_, as<T>(input),
                                                       as<T>(output));
    check_launch("pooling");
  }

  void backward(const float* output, const float* output_gradient, float* input_gradient,
                const void* saved, Stream& stream) override {
    const dim3 blocks =
        grid_for(batch_, geometry_.in_height * geometry_.in_width * geometry_.channels);
    if (kind_ == PoolKind::max)
      max_backward<<<blocks, 256, 0, raw(stream)>>>(
          geometry_, rectify_, batch_, as<T>(output), as<T>(output_gradient),
          static_cast<const int*>(saved), as<T>(input_gradient));
    else
      average_backward<<<blocks, 256, 0, raw(stream)>>>(geometry_, rectify_, batch_, as<T>(output),
                                                        as<T>(output_gradient),
                                                        as<T>(input_gradient));
    check_launch("pooling's gradient");
  }

 private:
  PoolKind kind_;
  bool keeps_, rectify_;
  std::int64_t batch_;
  Geometry geometry_{};
};

}  // namespace

std::unique_ptr<Pool2d> make_pool2d(Device&, const Pool2dSpec& spec) {
  std::unique_ptr<Pool2d> op;
  with_type(spec.input.elements().type,
            [&]<class T>(T) { op = std::make_unique<CudaPool2d<T>>(spec); });
  return op;
}

}  // namespace dtrain::kernels::cuda
