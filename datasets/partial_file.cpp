// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/partial_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace dtrain::datasets {
namespace {

/// False with errno set when the file or folder could not be flushed.
bool flush_to_disk(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY);
  if (descriptor < 0) return false;
  const bool flushed = ::fsync(descriptor) == 0;
  const int error = errno;
  ::close(descriptor);
  errno = error;
  return flushed;
}

}  // namespace

PartialFile::PartialFile(std::filesystem::path target) : target_(std::move(target)) {
  path_ = target_;
  path_ += fmt::format(".partial-{}", ::getpid());
  const int descriptor = ::open(path_.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0666);
  if (descriptor < 0)
    throw Error(fmt::format("{}: cannot be written: {}", target_.string(), std::strerror(errno)));
  ::close(descriptor);
}

PartialFile::~PartialFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);  // gone already when committed
}

void PartialFile::commit() const {
  const auto folder = target_.has_parent_path() ? target_.parent_path() : ".";
  if (!flush_to_disk(path_) || ::rename(path_.c_str(), target_.c_str()) != 0)
    throw Error(fmt::format("{}: cannot be written: {}", target_.string(), std::strerror(errno)));
  flush_to_disk(folder);  // the new name; some file systems cannot, which costs no data
}

}  // namespace dtrain::datasets
