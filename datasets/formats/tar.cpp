// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// A tar archive is blocks of 512 bytes: a header, then the content padded to whole blocks. In a
// header, bytes 0-99 hold the name, 124-135 the size in octal digits, 148-155 the checksum (the sum
// of all header bytes, those eight taken as spaces), 156 the type ('0' or NUL: regular file),
// 345-499 a prefix of the name. A block of zeros ends the archive.

#include "datasets/formats/tar.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace dtrain::datasets {
namespace {

constexpr std::size_t block_bytes = 512;
using Block = std::array<std::byte, block_bytes>;

/// The text of a field, up to its first NUL.
std::string_view field(const Block& block, std::size_t offset, std::size_t length) {
  const std::string_view text(reinterpret_cast<const char*>(block.data()) + offset, length);
  return text.substr(0, text.find('\0'));
}

std::optional<std::uint64_t> octal(std::string_view digits) {
  std::uint64_t value = 0;
  bool any = false;
  for (char c : digits) {
    if (c == ' ') continue;
    if (c < '0' || c > '7') return std::nullopt;
    value = value * 8 + static_cast<std::uint64_t>(c - '0');
    any = true;
  }
  return any ? std::optional(value) : std::nullopt;
}

std::uint64_t checksum(const Block& block) {
  std::uint64_t sum = 8 * ' ';
  for (std::size_t i = 0; i < block.size(); ++i)
    if (i < 148 || i >= 156) sum += std::to_integer<std::uint64_t>(block[i]);
  return sum;
}

}  // namespace

TarReader::TarReader(const std::filesystem::path& archive) : file_(archive) {}

std::optional<TarReader::Entry> TarReader::next() {
  while (true) {
    skip(left_ + padding_);
    Block header;
    file_.read_exactly(header);
    if (std::all_of(header.begin(), header.end(), [](std::byte b) { return b == std::byte{0}; })) {
      left_ = padding_ = 0;
      return std::nullopt;
    }
    const auto bytes = octal(field(header, 124, 12));
    if (octal(field(header, 148, 8)) != checksum(header) || !bytes)
      file_.fail("is no tar archive, or a damaged one");
    left_ = *bytes;
    padding_ = (block_bytes - left_ % block_bytes) % block_bytes;
    const char type = static_cast<char>(header[156]);
    if (type != '0' && type != '\0') continue;
    std::string name(field(header, 345, 155));
    if (!name.empty()) name += '/';
    name += field(header, 0, 100);
    return Entry{name, left_};
  }
}

std::vector<std::byte> TarReader::read() {
  std::vector<std::byte> content = file_.read_vector(left_);
  left_ = 0;
  return content;
}

void TarReader::skip(std::uint64_t bytes) {
  std::array<std::byte, 1 << 14> scratch;
  while (bytes > 0) {
    const auto piece = std::min<std::uint64_t>(bytes, scratch.size());
    file_.read_exactly(std::span(scratch).first(static_cast<std::size_t>(piece)));
    bytes -= piece;
  }
  left_ = padding_ = 0;
}

}  // namespace dtrain::datasets
