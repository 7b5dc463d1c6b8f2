// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Which rows or columns of windows, kernels and images meet.

#include <cstdint>

namespace dtrain::kernels::cpu {
namespace {

/// [begin, end)
struct Range {
  std::int64_t begin, end;
};

std::int64_t clamp(std::int64_t x, std::int64_t low, std::int64_t high) {
  return x < low ? low : x > high ? high : x;
}

/// The part of a window of `size` at `start` that lies in [0, extent), counted from its start.
Range inside(std::int64_t start, std::int64_t size, std::int64_t extent) {
  return {start < 0 ? -start : 0, start + size > extent ? extent - start : size};
}

/// Output positions whose whole window lies inside the image.
Range whole_windows(std::int64_t out, std::int64_t in, std::int64_t kernel, std::int64_t stride,
                    std::int64_t padding) {
  const std::int64_t begin = clamp((padding + stride - 1) / stride, 0, out);
  const std::int64_t reach = in + padding - kernel;  // the last start, in padded coordinates
  return {begin, reach < 0 ? begin : clamp(reach / stride + 1, begin, out)};
}

/// Output positions for which a tap lies inside the image.
Range positions_of(std::int64_t tap, std::int64_t out, std::int64_t in, std::int64_t stride,
                   std::int64_t padding) {
  return whole_windows(out, in, 1, stride, padding - tap);
}

/// Cuts [begin, end) into pieces of nearly the same size, `largest` at most.
template <class Call>
void cut(std::int64_t begin, std::int64_t end, std::int64_t largest, const Call& call) {
  while (begin < end) {
    const std::int64_t pieces = (end - begin + largest - 1) / largest;
    const std::int64_t size = (end - begin + pieces - 1) / pieces;
    call(begin, size);
    begin += size;
  }
}

}  // namespace
}  // namespace dtrain::kernels::cpu
