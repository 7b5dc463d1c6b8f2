// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "tests/fuzz/target.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/partial_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dtrain::fuzz {

Outcome try_input(Bytes bytes) {
  try {
    read_input(bytes);
    return Outcome::accepted;
  } catch (const Error& error) {
    if (error.code() != ExitCode::bad_input && error.code() != ExitCode::bad_usage) throw;
    if (*error.what() == '\0') throw std::logic_error("the error says nothing");
    return Outcome::refused;
  }
}

std::filesystem::path as_file(const std::string& name, Bytes bytes) {
  static const TemporaryFolder folder;  // run.sh puts it into memory
  std::filesystem::path file = folder.path() / name;
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = descriptor >= 0 && write_all(descriptor, bytes);
  ::close(descriptor);
  if (!written) throw std::runtime_error("cannot write " + file.string());
  return file;
}

std::pair<Bytes, Bytes> as_two(Bytes bytes) {
  if (bytes.size() < 2) return {bytes, {}};
  const std::size_t length =
      std::to_integer<std::size_t>(bytes[0]) + 256 * std::to_integer<std::size_t>(bytes[1]);
  const Bytes files = bytes.subspan(2);
  const std::size_t first = std::min(length, files.size());
  return {files.first(first), files.subspan(first)};
}

}  // namespace dtrain::fuzz
