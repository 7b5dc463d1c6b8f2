// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "datasets/formats/input_file.hpp"
#include "tests/fuzz/target.hpp"

/// The same bytes, gzipped or not, read at once and piece by piece: both ways give the same.
void dtrain::fuzz::read_input(Bytes bytes) {
  const std::vector<std::byte> whole = datasets::InputFile("at once", bytes).read_rest();
  datasets::InputFile pieces("in pieces", bytes);
  std::array<std::byte, 61> piece;
  for (std::size_t at = 0; at < whole.size(); at += piece.size()) {
    const std::size_t count = pieces.read(piece);
    if (count != std::min(piece.size(), whole.size() - at) ||
        !std::equal(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(count),
                    whole.begin() + static_cast<std::ptrdiff_t>(at)))
      throw std::logic_error("pieces differ from the whole");
  }
  pieces.expect_end();
}
