// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace dtrain {

/// Writes all of `bytes`; false with errno set where that fails.
bool write_all(int descriptor, std::span<const std::byte> bytes);

/// Throws Error: why `file` cannot be written, by `error` of errno, and what to do.
[[noreturn]] void fail_to_write(const std::filesystem::path& file, int error);

/// A file in the making: "<target>.partial", which commit() renames. Readers of the target see the old
/// file or the new one, also when this process is killed.
class PartialFile {
 public:
  /// Throws Error where the folder does not exist or cannot be written to, as do write and commit.
  explicit PartialFile(std::filesystem::path target);
  /// Removes what was not committed.
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  /// Exists and is empty: for libraries that open it themselves.
  const std::filesystem::path& path() const { return path_; }
  /// Appends, for who does not.
  void write(std::span<const std::byte> bytes);

  /// yes: it outlives a power failure; on some disks that takes 20 ms.
  enum class Flush { no, yes };
  void commit(Flush);

 private:
  std::filesystem::path target_, path_;
  int descriptor_;
};

}  // namespace dtrain
