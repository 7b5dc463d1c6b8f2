// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <zlib.h>

#include <stdexcept>
#include <vector>

#include "datasets/formats/image_file.hpp"
#include "tests/fuzz/target.hpp"

namespace dtrain::fuzz {
namespace {

std::uint32_t big_endian(Bytes four) {
  std::uint32_t value = 0;
  for (std::byte byte : four) value = value << 8 | std::to_integer<std::uint32_t>(byte);
  return value;
}

/// Makes the checksum of every PNG chunk right, so that damaged ones are believed. A chunk is its
/// length, its type (4 bytes), the data and the CRC-32 of the last two.
std::vector<std::byte> with_checksums(Bytes image) {
  constexpr std::size_t signature_bytes = 8;
  std::vector<std::byte> bytes(image.begin(), image.end());
  std::size_t at = signature_bytes;
  while (at + 12 <= bytes.size()) {
    const std::size_t length = big_endian(std::span(bytes).subspan(at, 4));
    if (length > bytes.size() - at - 12) break;
    const auto covered = std::span(bytes).subspan(at + 4, 4 + length);
    const auto sum =
        crc32(0, reinterpret_cast<const Bytef*>(covered.data()), static_cast<uInt>(covered.size()));
    for (std::size_t i = 0; i < 4; ++i)
      bytes[at + 8 + length + i] = static_cast<std::byte>(sum >> (24 - 8 * i));
    at += 12 + length;
  }
  return bytes;
}

}  // namespace

/// A PNG where it begins as one, else PGM or PPM.
void read_input(Bytes bytes) {
  const bool is_png = !bytes.empty() && bytes[0] == std::byte{0x89};
  const datasets::Image image = datasets::read_image(
      is_png ? as_file("image.png", with_checksums(bytes)) : as_file("image.ppm", bytes));
  if ((image.shape[0] != 1 && image.shape[0] != 3) ||
      static_cast<std::int64_t>(image.planes.size()) != image.shape.elements())
    throw std::logic_error("the image is not what it says");
}

}  // namespace dtrain::fuzz
