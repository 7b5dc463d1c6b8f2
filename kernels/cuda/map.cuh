// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Elementwise kernels: a functor applied to element i of several arrays, the same functor that the CPU
// loops call. A thread reads and writes 4 elements at a time, 8 where all are 16 bits wide, where all
// arrays are so aligned.

#include <cstdint>

#include "kernels/cuda/stream.hpp"

namespace dtrain::kernels::cuda {

template <class T, int width>
struct alignas(sizeof(T) * width) Pack {
  T element[width];
};

// How the functor takes an array's element: In by value, Out and InOut by reference.

template <class T>
struct In {
  using Value = T;
  const T* data;
  template <int width>
  __device__ Pack<T, width> load(std::int64_t pack) const {
    return reinterpret_cast<const Pack<T, width>*>(data)[pack];
  }
  template <int width>
  __device__ void store(std::int64_t, const Pack<T, width>&) const {}
};

template <class T>
struct Out {
  using Value = T;
  T* data;
  template <int width>
  __device__ Pack<T, width> load(std::int64_t) const {
    return {};
  }
  template <int width>
  __device__ void store(std::int64_t pack, const Pack<T, width>& value) const {
    reinterpret_cast<Pack<T, width>*>(data)[pack] = value;
  }
};

template <class T>
struct InOut {
  using Value = T;
  T* data;
  template <int width>
  __device__ Pack<T, width> load(std::int64_t pack) const {
    return reinterpret_cast<const Pack<T, width>*>(data)[pack];
  }
  template <int width>
  __device__ void store(std::int64_t pack, const Pack<T, width>& value) const {
    reinterpret_cast<Pack<T, width>*>(data)[pack] = value;
  }
};

template <int width, class F, class... Arrays>
__device__ void map_pack(const F& f, std::int64_t index, const Arrays&... arrays) {
  [&](auto... packs) {
#pragma unroll
    for (int k = 0; k < width; ++k) f(packs.element[k]...);
    (arrays.template store<width>(index, packs), ...);
  }(arrays.template load<width>(index)...);
}

template <int width, class F, class... Arrays>
__global__ void __launch_bounds__(256) map_kernel(F f, std::int64_t count, Arrays... arrays) {
  const std::int64_t packs = count / width;
  const std::int64_t thread = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  const std::int64_t threads = std::int64_t{gridDim.x} * blockDim.x;
  for (std::int64_t pack = thread; pack < packs; pack += threads)
    map_pack<width>(f, pack, arrays...);
  const std::int64_t rest = packs * width + thread;
  if (rest < count) map_pack<1>(f, rest, arrays...);
}

/// Enough blocks to fill any GPU several times over; what is more is shared among them.
inline unsigned blocks_for(std::int64_t threads, int block = 256) {
  const std::int64_t blocks = (threads + block - 1) / block;
  return static_cast<unsigned>(blocks < 2048 ? blocks : 2048);
}

/// f(element of each array...) for i < count, in one launch.
template <class F, class... Arrays>
void map(Stream& stream, std::int64_t count, const F& f, Arrays... arrays) {
  if (count == 0) return;
  constexpr int width = ((sizeof(typename Arrays::Value) == 2) && ...) ? 8 : 4;
  const bool is_aligned =
      ((reinterpret_cast<std::uintptr_t>(arrays.data) % (width * sizeof(typename Arrays::Value)) ==
        0) &&
       ...);
  if (is_aligned)
    map_kernel<width>
        <<<blocks_for((count + width - 1) / width), 256, 0, raw(stream)>>>(f, count, arrays...);
  else
    map_kernel<1><<<blocks_for(count), 256, 0, raw(stream)>>>(f, count, arrays...);
  check_launch("an elementwise kernel");
}

}  // namespace dtrain::kernels::cuda
