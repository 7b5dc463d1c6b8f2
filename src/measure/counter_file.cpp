// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/counter_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

namespace dtrain::measure {
CounterError::CounterError(const std::filesystem::path& file, int number)
    : Error(fmt::format("{}: {}", file.string(),
                        number != 0 ? std::strerror(number) : "holds no number")),
      number_(number) {}

bool CounterError::is_permission() const {
  return number_ == EACCES || number_ == EPERM;
}

// With the system's calls: streams do not say why they fail.
std::uint64_t read_counter(const std::filesystem::path& file) {
  // A file that is no kernel's may be caught between being emptied and being written.
  constexpr int attempts = 5;
  for (int attempt = 1; attempt <= attempts; ++attempt) {
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) throw CounterError(file, errno);
    std::array<char, 64> text{};
    const auto bytes = read(descriptor, text.data(), text.size());
    const int error = errno;
    close(descriptor);
    if (bytes < 0) throw CounterError(file, error);
    std::uint64_t value = 0;
    if (std::from_chars(text.data(), text.data() + bytes, value).ec == std::errc()) return value;
    if (attempt < attempts) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  throw CounterError(file, 0);
}

std::string read_line(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

}  // namespace dtrain::measure
