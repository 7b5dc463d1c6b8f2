// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Writing what a run leaves behind, so that a full disk is one clear Error and never half a file.

#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace dtrain::train {

/// Makes or replaces `file` as a whole: writes "<file>.partial" and renames it. Readers see the old
/// file or the new one, also when this process is killed. Throws Error and removes the partial file
/// where that fails.
void write_file(const std::filesystem::path& file, std::string_view text);

/// The same, and flushed to disk before and after the rename, so that it outlives a power failure: on
/// some disks that takes 20 ms. `parts` are written one after the other.
void write_file_durably(const std::filesystem::path& file,
                        std::initializer_list<std::span<const std::byte>> parts);

/// A text file that grows by lines. Lines are held back until flush() or until there are many.
class AppendFile {
 public:
  explicit AppendFile(const std::filesystem::path& file);
  /// Flushes; a failure then goes unseen: call flush() first.
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  void append(std::string_view text);
  /// Throws Error where the file is full or has been removed.
  void flush();

 private:
  std::filesystem::path file_;
  int descriptor_;
  std::string held_back_;
};

}  // namespace dtrain::train
