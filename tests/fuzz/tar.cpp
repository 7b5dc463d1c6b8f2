// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <numeric>
#include <vector>

#include <fmt/core.h>

#include "datasets/formats/tar.hpp"
#include "tests/fuzz/target.hpp"

namespace dtrain::fuzz {
namespace {

/// Makes the checksum in every block that is not zeros right, so that damaged headers are believed.
std::vector<std::byte> with_checksums(Bytes archive) {
  constexpr std::size_t block_bytes = 512, checksum_at = 148, checksum_bytes = 8;
  std::vector<std::byte> bytes(archive.begin(), archive.end());
  for (std::size_t at = 0; at + block_bytes <= bytes.size(); at += block_bytes) {
    const auto block = std::span(bytes).subspan(at, block_bytes);
    const auto field = block.subspan(checksum_at, checksum_bytes);
    const auto sum_of = [](Bytes part) {
      return std::accumulate(part.begin(), part.end(), 0, [](int sum, std::byte byte) {
        return sum + std::to_integer<int>(byte);
      });
    };
    if (sum_of(block) == 0) continue;
    const int sum = sum_of(block) - sum_of(field) + static_cast<int>(checksum_bytes) * ' ';
    const std::string digits = fmt::format("{:07o}", sum);
    for (std::size_t i = 0; i < digits.size(); ++i) field[i] = static_cast<std::byte>(digits[i]);
    field[checksum_bytes - 1] = std::byte{0};
  }
  return bytes;
}

}  // namespace

/// An archive: files whose size is even are read, the others passed over.
void read_input(Bytes bytes) {
  datasets::TarReader archive(as_file("archive.tar", with_checksums(bytes)));
  while (const auto entry = archive.next())
    if (entry->bytes % 2 == 0) archive.read();
}

}  // namespace dtrain::fuzz
