// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <optional>
#include <string>

#include "datasets/formats/input_file.hpp"

namespace dtrain::datasets {

/// The files of a tar archive (POSIX ustar, which GNU tar reads and writes), gzipped or not, in
/// order.
class TarReader {
 public:
  explicit TarReader(const std::filesystem::path& archive);

  struct Entry {
    std::string name;  ///< with folders
    std::uint64_t bytes = 0;
  };
  /// The next regular file; nullopt at the archive's end. Skips what was not read of the last one.
  std::optional<Entry> next();
  /// The content of the file that next() gave.
  std::vector<std::byte> read();

 private:
  void skip(std::uint64_t bytes);

  InputFile file_;
  std::uint64_t left_ = 0;     ///< bytes of the entry not yet read
  std::uint64_t padding_ = 0;  ///< after it, up to the next block
};

}  // namespace dtrain::datasets
