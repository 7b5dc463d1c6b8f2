// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.hpp"

namespace dtrain::train {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  throw Error(fmt::format("cannot write {}: {}. {}", file.string(), std::strerror(error),
                          full ? "Free some space or choose another --output."
                               : "Choose an --output folder that you can write to."));
}

/// An open file that closes itself.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags)
      : value_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int value() const { return value_; }
  /// Some file systems tell of a failed write only here.
  bool close() { return ::close(std::exchange(value_, -1)) == 0; }

 private:
  int value_;
};

bool write_all(int descriptor, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

enum class Flush { no, yes };

bool write_new(const std::filesystem::path& file,
               std::initializer_list<std::span<const std::byte>> parts, Flush flush) {
  Descriptor output(file, O_WRONLY | O_CREAT | O_TRUNC);
  if (output.value() < 0) return false;
  for (const auto part : parts)
    if (!write_all(output.value(), part)) return false;
  return (flush == Flush::no || ::fsync(output.value()) == 0) && output.close();
}

void replace(const std::filesystem::path& file,
             std::initializer_list<std::span<const std::byte>> parts, Flush flush) {
  const std::filesystem::path partial = file.string() + ".partial";
  if (write_new(partial, parts, flush) && ::rename(partial.c_str(), file.c_str()) == 0) return;
  const int error = errno;
  ::unlink(partial.c_str());
  fail(file, error);
}

}  // namespace

void write_file(const std::filesystem::path& file, std::string_view text) {
  replace(file, {std::as_bytes(std::span(text))}, Flush::no);
}

void write_file_durably(const std::filesystem::path& file,
                        std::initializer_list<std::span<const std::byte>> parts) {
  replace(file, parts, Flush::yes);
  // The new name is on disk when its folder is. Not every file system can flush a folder.
  const Descriptor folder(file.has_parent_path() ? file.parent_path() : ".", O_RDONLY);
  if (folder.value() >= 0) ::fsync(folder.value());
}

AppendFile::AppendFile(const std::filesystem::path& file)
    : file_(file),
      descriptor_(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) fail(file_, errno);
}

AppendFile::~AppendFile() {
  write_all(descriptor_, std::as_bytes(std::span(held_back_)));
  ::close(descriptor_);
}

void AppendFile::append(std::string_view text) {
  constexpr std::size_t many = std::size_t{1} << 16;
  held_back_ += text;
  if (held_back_.size() >= many) flush();
}

void AppendFile::flush() {
  const std::string text = std::exchange(held_back_, {});
  if (!write_all(descriptor_, std::as_bytes(std::span(text)))) fail(file_, errno);
}

}  // namespace dtrain::train
