// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/error.hpp"

namespace dtrain::measure {

/// A counter's file that cannot be read: "/sys/…: Permission denied".
class CounterError : public Error {
 public:
  /// `number`: errno, or 0 where the file does not hold a number.
  CounterError(const std::filesystem::path& file, int number);
  bool is_permission() const;

 private:
  int number_;
};

/// The number that a counter's file begins with. Throws CounterError.
std::uint64_t read_counter(const std::filesystem::path& file);

/// The first line of a small file, empty where it cannot be read.
std::string read_line(const std::filesystem::path& file);

}  // namespace dtrain::measure
