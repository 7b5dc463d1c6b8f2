// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/formats/idx_file.hpp"

#include "base/error.hpp"
#include "datasets/formats/input_file.hpp"

namespace dtrain::datasets {

IdxArray read_idx(const std::filesystem::path& path) {
  InputFile file(path);
  std::byte magic[4];
  file.read_exactly(magic);
  if (magic[0] != std::byte{0} || magic[1] != std::byte{0})
    file.fail("is no IDX file: it does not begin with two zero bytes");
  if (magic[2] != std::byte{8})
    file.fail(fmt::format("has IDX element type 0x{:02x}; only unsigned bytes (0x08) are supported",
                          std::to_integer<int>(magic[2])));
  const int rank = std::to_integer<int>(magic[3]);
  if (rank != 1 && rank != 3) file.fail(fmt::format("has {} axes; images have 3, labels 1", rank));
  IdxArray array{file.name(), {}, {}};
  double elements = 1;
  for (int axis = 0; axis < rank; ++axis) {
    std::byte word[4];
    file.read_exactly(word);
    std::int64_t extent = 0;
    for (std::byte byte : word) extent = extent * 256 + std::to_integer<std::int64_t>(byte);
    if (extent == 0) file.fail("holds no samples");
    array.extents.push_back(extent);
    elements *= static_cast<double>(extent);
  }
  if (elements > 0x1p48) file.fail("has an absurd shape");
  array.elements = file.read_vector(static_cast<std::uint64_t>(elements));
  file.expect_end();
  return array;
}

}  // namespace dtrain::datasets
