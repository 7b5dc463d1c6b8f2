// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <filesystem>

namespace dtrain::datasets {

/// A file in the making: written under another name in the same folder, so that the final name
/// either holds a whole file or does not exist.
class PartialFile {
 public:
  /// Throws Error when the folder does not exist or cannot be written to.
  explicit PartialFile(std::filesystem::path target);
  /// Removes what was not committed.
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  /// Where to write; exists, empty.
  const std::filesystem::path& path() const { return path_; }
  /// Flushes to disk and renames. Throws Error.
  void commit() const;

 private:
  std::filesystem::path target_, path_;
};

}  // namespace dtrain::datasets
