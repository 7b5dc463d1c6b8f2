// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dtrain::datasets {

/// The bytes of a file in order, decompressed when it is gzip (which its first two bytes say, not
/// its name). Every failure is an InputError that begins with the file's name.
class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& file);
  /// The same over bytes in memory, which outlive the object; `name` is for messages.
  InputFile(std::string name, std::span<const std::byte> bytes);
  ~InputFile();
  InputFile(InputFile&&) noexcept;

  const std::string& name() const;
  [[noreturn]] void fail(const std::string& what) const;

  /// As many bytes as there are, up to the size of `bytes`; fewer only at the end.
  std::size_t read(std::span<std::byte> bytes);
  /// Exactly that many, else fails as truncated.
  void read_exactly(std::span<std::byte> bytes);
  /// The same into new memory that grows with what the file really holds, whatever its header says.
  std::vector<std::byte> read_vector(std::uint64_t count);
  /// All that is left.
  std::vector<std::byte> read_rest();
  /// Fails unless all was read.
  void expect_end();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dtrain::datasets
