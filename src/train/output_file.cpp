// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/error.hpp"
#include "base/partial_file.hpp"

namespace dtrain::train {

void write_file(const std::filesystem::path& file, std::string_view text) {
  PartialFile partial(file);
  partial.write(std::as_bytes(std::span(text)));
  partial.commit(PartialFile::Flush::no);
}

void write_file_durably(const std::filesystem::path& file,
                        std::initializer_list<std::span<const std::byte>> parts) {
  PartialFile partial(file);
  for (const auto part : parts) partial.write(part);
  partial.commit(PartialFile::Flush::yes);
}

AppendFile::AppendFile(const std::filesystem::path& file)
    : file_(file),
      descriptor_(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) fail_to_write(file_, errno);
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
  if (!write_all(descriptor_, std::as_bytes(std::span(text)))) fail_to_write(file_, errno);
  struct stat status {};
  if (::fstat(descriptor_, &status) == 0 && status.st_nlink == 0)
    throw Error(fmt::format(
        "{} was removed while the run wrote to it. Leave the folder alone until the run ends.",
        file_.string()));
}

}  // namespace dtrain::train
