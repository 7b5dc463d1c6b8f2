// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The part of TOML that settings need: lines `key = value` and comments.

#include <string>
#include <vector>

namespace dtrain::launch {

/// `text` as a TOML string: in quotes, with escapes where they are needed.
std::string toml_string(const std::string& text);

struct TomlItem {
  std::string key, value;
  int line = 0;  ///< counts from 1
};

/// Keys and values in the order of the file. A value is "text" with escapes, 'text' without, or a
/// bare word, such as a number, up to a comment. Throws InputError that names `origin` and the line.
std::vector<TomlItem> parse_toml(const std::string& text, const std::string& origin);

}  // namespace dtrain::launch
