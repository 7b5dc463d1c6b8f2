// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/seal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "base/assert.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"

// The seal is text, padded with zeros to 512 bytes, so that `head -4` shows it:
//
//   dtrain checkpoint
//   schema 1
//   bytes 123456                                  of the whole file
//   xxh3-128 0123456789abcdef0123456789abcdef     of everything after the seal
//
// A seal is good when it is, byte for byte, the one that would be written today: no byte of the
// file, the seal's own included, can change unseen.

namespace dtrain::train {
namespace {

constexpr int schema = 1;
constexpr std::string_view first_line = "dtrain checkpoint\n";

std::string seal_of(std::span<const std::byte> file) {
  Hash128 digest;
  digest.update(file.subspan(seal_bytes));
  std::string text = fmt::format("{}schema {}\nbytes {}\nxxh3-128 {}\n", first_line, schema,
                                 file.size(), digest.hex());
  text.resize(seal_bytes);
  return text;
}

std::string_view text_of(std::span<const std::byte> file) {
  return {reinterpret_cast<const char*>(file.data()), std::min(file.size(), seal_bytes)};
}

}  // namespace

void seal(std::span<std::byte> file) {
  DTRAIN_ASSERT(file.size() >= seal_bytes);
  std::memcpy(file.data(), seal_of(file).data(), seal_bytes);
}

bool has_seal(std::span<const std::byte> file) {
  return text_of(file).starts_with(first_line);
}

void check_seal(std::span<const std::byte> file, const std::string& origin) {
  const std::string found(text_of(file));
  if (!has_seal(file)) {
    const bool is_hdf5 = found.starts_with("\x89HDF\r\n");
    throw InputError(fmt::format(
        "{} is no checkpoint: {}.", origin,
        is_hdf5 ? "it is HDF5 without dtrain's digest, which --init takes and --resume does not"
                : "it does not begin as one"));
  }
  int found_schema = 0;
  unsigned long long bytes = 0;
  const int fields = std::sscanf(found.c_str() + first_line.size(), "schema %d\nbytes %llu\n",
                                 &found_schema, &bytes);
  if (fields == 2 && found_schema != schema)
    throw InputError(fmt::format("{} has schema {}; this dtrain reads schema {}.", origin,
                                 found_schema, schema));
  if (fields == 2 && bytes != file.size())
    throw InputError(
        fmt::format("{} is truncated: it has {} bytes instead of {}.", origin, file.size(), bytes));
  if (found.size() != seal_bytes || found != seal_of(file))
    throw InputError(fmt::format("{} is damaged: its bytes do not match its digest.", origin));
}

}  // namespace dtrain::train
