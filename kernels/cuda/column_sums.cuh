// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Reductions over the rows of a (rows, columns) array, as images with channels last are: statistics of
// a batch norm, gradients of a bias. In two steps without atomics, cut by the shape alone, so that the
// same input gives the same bits on any GPU:
//   1. each block takes some rows and some columns and leaves one partial per column,
//   2. one thread per column adds the partials up.
//
// A Sum says what is reduced:
//   struct Partial;                                             what is known of some rows
//   __device__ Partial of(int64 index, int64 column);           of one element
//   __device__ static Partial join(Partial, Partial);
//   __device__ void finish(int64 column, Partial);              step 2's result

#include <algorithm>
#include <cstdint>

#include "kernels/cuda/stream.hpp"

namespace dtrain::kernels::cuda {

struct ColumnBlocks {
  static constexpr int threads = 256;
  int columns;  ///< of one block, a power of two up to a warp
  int across;   ///< blocks side by side
  int down;     ///< blocks below each other: partials per column

  ColumnBlocks(std::int64_t rows, std::int64_t all_columns) : columns(1) {
    while (columns < 32 && columns < all_columns) columns *= 2;
    across = static_cast<int>((all_columns + columns - 1) / columns);
    // Some rows for each thread, and no more blocks than fill a large GPU.
    const std::int64_t rows_per_block = std::int64_t{threads} / columns * 8;
    const std::int64_t wanted = (rows + rows_per_block - 1) / rows_per_block;
    down = static_cast<int>(std::clamp<std::int64_t>(wanted, 1, std::max(512 / across, 1)));
  }
  /// Scratch for the partials.
  template <class Partial>
  std::size_t bytes(std::int64_t all_columns) const {
    return static_cast<std::size_t>(down) * static_cast<std::size_t>(all_columns) * sizeof(Partial);
  }
};

template <class Sum>
__global__ void __launch_bounds__(ColumnBlocks::threads)
    column_partials(Sum sum, std::int64_t rows, std::int64_t columns, int block_columns,
                    typename Sum::Partial* partials) {
  __shared__ typename Sum::Partial shared[ColumnBlocks::threads];
  const int lane = static_cast<int>(threadIdx.x) % block_columns;
  const int first = static_cast<int>(threadIdx.x) / block_columns;
  const int step = ColumnBlocks::threads / block_columns;
  const std::int64_t column = std::int64_t{blockIdx.x} * block_columns + lane;
  typename Sum::Partial mine{};
  if (column < columns) {
    const std::int64_t begin = rows * blockIdx.y / gridDim.y;
    const std::int64_t end = rows * (blockIdx.y + 1) / gridDim.y;
    for (std::int64_t row = begin + first; row < end; row += step)
      mine = Sum::join(mine, sum.of(row * columns + column, column));
  }
  shared[threadIdx.x] = mine;
  __syncthreads();
  for (int half = step / 2; half > 0; half /= 2) {
    if (first < half)
      shared[threadIdx.x] =
          Sum::join(shared[threadIdx.x], shared[threadIdx.x + half * block_columns]);
    __syncthreads();
  }
  if (first == 0 && column < columns)
    partials[std::int64_t{blockIdx.y} * columns + column] = shared[threadIdx.x];
}

template <class Sum>
__global__ void __launch_bounds__(128)
    join_partials(Sum sum, int count, std::int64_t columns, const typename Sum::Partial* partials) {
  const std::int64_t column = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (column >= columns) return;
  typename Sum::Partial all{};
  for (int k = 0; k < count; ++k) all = Sum::join(all, partials[k * columns + column]);
  sum.finish(column, all);
}

/// `scratch`: ColumnBlocks::bytes().
template <class Sum>
void sum_columns(const Sum& sum, std::int64_t rows, std::int64_t columns, void* scratch,
                 Stream& stream) {
  const ColumnBlocks blocks(rows, columns);
  auto* partials = static_cast<typename Sum::Partial*>(scratch);
  const dim3 grid(static_cast<unsigned>(blocks.across), static_cast<unsigned>(blocks.down));
  column_partials<<<grid, ColumnBlocks::threads, 0, raw(stream)>>>(sum, rows, columns,
                                                                   blocks.columns, partials);
  join_partials<<<static_cast<unsigned>((columns + 127) / 128), 128, 0, raw(stream)>>>(
      sum, blocks.down, columns, partials);
  check_launch("a reduction over rows");
}

}  // namespace dtrain::kernels::cuda
