// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

namespace dtrain::comm {

/// MPI counts are ints: longer messages go in pieces.
inline constexpr std::size_t largest_mpi_count = std::size_t{1} << 30;

/// Calls work(pointer, count) for pieces of at most `max_count` elements.
template <class T, class Work>
void in_pieces(std::span<T> data, std::size_t max_count, const Work& work) {
  for (std::size_t begin = 0; begin < data.size(); begin += max_count)
    work(data.data() + begin, static_cast<int>(std::min(max_count, data.size() - begin)));
}

}  // namespace dtrain::comm
