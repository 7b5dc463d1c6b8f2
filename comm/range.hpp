// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstddef>
#include <span>

namespace dtrain::comm {

/// Elements [begin, end) of an array.
struct Range {
  std::size_t begin = 0, end = 0;
  std::size_t size() const { return end - begin; }
  bool empty() const { return begin == end; }
  bool operator==(const Range&) const = default;
};

template <class T>
std::span<T> elements(std::span<T> array, const Range& range) {
  return array.subspan(range.begin, range.size());
}

/// Slice `index` of `slices` nearly equal ones of [0, count). Slices start at multiples of 16 floats,
/// a cache line, so that two ranks never write the same line; of a small array the first slices are
/// empty.
constexpr Range slice_of(std::size_t count, int slices, int index) {
  constexpr std::size_t line = 16;
  const auto cut = [&](int i) {
    if (i == slices) return count;
    return count * static_cast<std::size_t>(i) / static_cast<std::size_t>(slices) / line * line;
  };
  return {cut(index), cut(index + 1)};
}

}  // namespace dtrain::comm
