// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/toml.hpp"

#include "base/error.hpp"
#include "tests/fuzz/target.hpp"

/// Keys and values; each value that is read, written again, reads as itself.
void dtrain::fuzz::read_input(Bytes bytes) {
  for (const launch::TomlItem& item : launch::parse_toml(as_text(bytes), "config.toml")) {
    const auto again = launch::parse_toml("key = " + launch::toml_string(item.value), "again");
    if (again.size() != 1 || again[0].value != item.value)
      throw std::logic_error("a value changes when written and read again");
  }
}
