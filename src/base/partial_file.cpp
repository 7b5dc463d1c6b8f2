// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "base/partial_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.hpp"

namespace dtrain {
namespace {

/// Not every file system can flush a folder, which costs no data.
void flush_folder_of(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

bool write_all(int descriptor, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

void fail_to_write(const std::filesystem::path& file, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  throw Error(fmt::format("cannot write {}: {}. {}", file.string(), std::strerror(error),
                          full ? "Free some space or choose another --output."
                               : "Choose an --output that you can write to."));
}

PartialFile::PartialFile(std::filesystem::path target)
    : target_(std::move(target)),
      path_(target_.string() + ".partial"),
      descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) fail_to_write(target_, errno);
}

PartialFile::~PartialFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);  // gone already when committed
}

void PartialFile::write(std::span<const std::byte> bytes) {
  if (!write_all(descriptor_, bytes)) fail_to_write(target_, errno);
}

void PartialFile::commit(Flush flush) {
  const bool flushed = flush == Flush::no || ::fsync(descriptor_) == 0;
  // Some file systems tell of a failed write only when it is closed.
  if (!flushed || ::close(std::exchange(descriptor_, -1)) != 0 ||
      ::rename(path_.c_str(), target_.c_str()) != 0)
    fail_to_write(target_, errno);
  if (flush == Flush::yes) flush_folder_of(target_);  // the new name
}

}  // namespace dtrain
