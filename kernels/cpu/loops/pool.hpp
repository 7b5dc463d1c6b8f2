// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Pooling of one plane.

#include "kernels/cpu/loops.hpp"
#include "kernels/cpu/loops/range.hpp"
#include "kernels/cpu/loops/vector.hpp"

namespace dtrain::kernels::cpu {
namespace {

/// Calls visit(pixel of the output, first row, first column, rows, columns) for every window. Side
/// > 0: windows are Side x Side without padding, which unrolls the loops over them.
template <int Side, class Visit>
void for_each_window(const PoolWindow& w, const Visit& visit) {
  for (std::int64_t i = 0; i < w.out_height; ++i) {
    const std::int64_t row = i * w.stride_height - w.padding_height;
    const Range rows = Side > 0 ? Range{0, Side} : inside(row, w.height, w.in_height);
    for (std::int64_t j = 0; j < w.out_width; ++j) {
      const std::int64_t column = j * w.stride_width - w.padding_width;
      const Range columns = Side > 0 ? Range{0, Side} : inside(column, w.width, w.in_width);
      visit(i * w.out_width + j, row, column, rows, columns);
    }
  }
}

/// Do the windows cover every pixel of the image exactly once?
inline bool tiles(const PoolWindow& w) {
  return w.height == w.stride_height && w.width == w.stride_width && w.padding_height == 0 &&
         w.padding_width == 0 && w.out_height * w.height == w.in_height &&
         w.out_width * w.width == w.in_width;
}

inline void zero(float* p, std::int64_t count) {
  __builtin_memset(p, 0, static_cast<std::size_t>(count) * sizeof(float));
}

template <int L, class Position>
struct Positions;
template <int L>
struct Positions<L, std::uint8_t> {
  static void store(std::uint8_t* p, typename Vector<L>::Ints v) {
    const auto bytes = __builtin_convertvector(v, typename Vector<L>::Bytes);
    __builtin_memcpy(p, &bytes, sizeof bytes);
  }
  static typename Vector<L>::Ints load(const std::uint8_t* p) {
    typename Vector<L>::Bytes bytes;
    __builtin_memcpy(&bytes, p, sizeof bytes);
    return __builtin_convertvector(bytes, typename Vector<L>::Ints);
  }
};
template <int L>
struct Positions<L, std::int32_t> {
  static void store(std::int32_t* p, typename Vector<L>::Ints v) {
    __builtin_memcpy(p, &v, sizeof v);
  }
  static typename Vector<L>::Ints load(const std::int32_t* p) {
    typename Vector<L>::Ints v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
  }
};

template <int L, class Position, int Side>
void max_pool(const PoolWindow& w, const float* input, float* output, Position* positions) {
  using V = Vector<L>;
  for_each_window<Side>(
      w, [&](std::int64_t y, std::int64_t row, std::int64_t column, Range rows, Range columns) {
        for (std::int64_t lane = 0; lane < w.lanes; lane += L) {
          const auto pixel = [&](std::int64_t u, std::int64_t v) {
            return V::load(input + ((row + u) * w.in_width + column + v) * w.lanes + lane);
          };
          auto best = pixel(rows.begin, columns.begin);
          auto where = V::splat(static_cast<std::int32_t>(rows.begin * w.width + columns.begin));
          for (std::int64_t u = rows.begin; u < rows.end; ++u)
            for (std::int64_t v = columns.begin; v < columns.end; ++v) {
              const auto x = pixel(u, v);
              const auto is_better =
                  ~(x <= best) & (best == best);  // the first maximum, or a first NaN
              best = is_better ? x : best;
              where = is_better ? V::splat(static_cast<std::int32_t>(u * w.width + v)) : where;
            }
          V::store(output + y * w.lanes + lane, w.relu ? relu<L>(best) : best);
          if (positions) Positions<L, Position>::store(positions + y * w.lanes + lane, where);
        }
      });
}

/// With a Side the windows must tile the image.
template <int L, class Position, int Side>
void max_pool_backward(const PoolWindow& w, const float* output, const float* output_gradient,
                       const Position* positions, float* input_gradient) {
  using V = Vector<L>;
  const bool is_tiled = Side > 0 || tiles(w);
  if (!is_tiled) zero(input_gradient, w.in_height * w.in_width * w.lanes);
  for_each_window<Side>(
      w, [&](std::int64_t y, std::int64_t row, std::int64_t column, Range rows, Range columns) {
        for (std::int64_t lane = 0; lane < w.lanes; lane += L) {
          const std::int64_t at = y * w.lanes + lane;
          auto dy = V::load(output_gradient + at);
          if (w.relu) dy = relu_gradient<L>(V::load(output + at), dy);
          const auto where = Positions<L, Position>::load(positions + at);
          for (std::int64_t u = rows.begin; u < rows.end; ++u)
            for (std::int64_t v = columns.begin; v < columns.end; ++v) {
              float* dx = input_gradient + ((row + u) * w.in_width + column + v) * w.lanes + lane;
              const auto is_here = where == V::splat(static_cast<std::int32_t>(u * w.width + v));
              const auto share = is_here ? dy : typename V::Floats{};
              V::store(dx, is_tiled ? share : V::load(dx) + share);
            }
        }
      });
}

template <int L>
void average_pool(const PoolWindow& w, const float* input, float* output) {
  using V = Vector<L>;
  for_each_window<0>(
      w, [&](std::int64_t y, std::int64_t row, std::int64_t column, Range rows, Range columns) {
        const float share =
            1.0f / static_cast<float>((rows.end - rows.begin) * (columns.end - columns.begin));
        for (std::int64_t lane = 0; lane < w.lanes; lane += L) {
          typename V::Floats sum{};
          for (std::int64_t u = rows.begin; u < rows.end; ++u)
            for (std::int64_t v = columns.begin; v < columns.end; ++v)
              sum += V::load(input + ((row + u) * w.in_width + column + v) * w.lanes + lane);
          const auto mean = sum * share;
          V::store(output + y * w.lanes + lane, w.relu ? relu<L>(mean) : mean);
        }
      });
}

template <int L>
void average_pool_backward(const PoolWindow& w, const float* output, const float* output_gradient,
                           float* input_gradient) {
  using V = Vector<L>;
  zero(input_gradient, w.in_height * w.in_width * w.lanes);
  for_each_window<0>(
      w, [&](std::int64_t y, std::int64_t row, std::int64_t column, Range rows, Range columns) {
        const float share =
            1.0f / static_cast<float>((rows.end - rows.begin) * (columns.end - columns.begin));
        for (std::int64_t lane = 0; lane < w.lanes; lane += L) {
          const std::int64_t at = y * w.lanes + lane;
          auto dy = V::load(output_gradient + at) * share;
          if (w.relu) dy = relu_gradient<L>(V::load(output + at), dy);
          for (std::int64_t u = rows.begin; u < rows.end; ++u)
            for (std::int64_t v = columns.begin; v < columns.end; ++v) {
              float* dx = input_gradient + ((row + u) * w.in_width + column + v) * w.lanes + lane;
              V::store(dx, V::load(dx) + dy);
            }
        }
      });
}

/// Calls call(position, Width<side>): the type of a position, and the side of a window if
/// `is_fixed`.
template <class Call>
void with_window(const PoolWindow& w, bool is_fixed, const Call& call) {
  if (is_fixed)
    call(std::uint8_t{}, Width<2>{});
  else if (w.bytes_per_position == 1)
    call(std::uint8_t{}, Width<0>{});
  else
    call(std::int32_t{}, Width<0>{});
}

bool is_two_by_two(const PoolWindow& w) {
  return w.height == 2 && w.width == 2 && w.padding_height == 0 && w.padding_width == 0;
}

}  // namespace
}  // namespace dtrain::kernels::cpu
