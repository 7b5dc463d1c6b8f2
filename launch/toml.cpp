// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/toml.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>

#include "base/error.hpp"

namespace dtrain::launch {
namespace {

/// What stands behind a backslash, and what it means.
constexpr std::pair<char, char> escapes[] = {{'"', '"'},  {'\\', '\\'}, {'b', '\b'}, {'f', '\f'},
                                             {'n', '\n'}, {'r', '\r'},  {'t', '\t'}};

constexpr std::string_view blanks = " \t\r";

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

void expect_end(std::string_view rest) {
  rest = trim(rest);
  if (!rest.empty() && rest[0] != '#')
    throw InputError(fmt::format("\"{}\" after the value", rest));
}

/// `text` begins with a double quote.
std::string parse_quoted(std::string_view text) {
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      expect_end(text.substr(i + 1));
      return value;
    }
    if (text[i] != '\\') {
      value += text[i];
      continue;
    }
    const char letter = ++i < text.size() ? text[i] : ' ';
    const auto found = std::ranges::find(escapes, letter, &std::pair<char, char>::first);
    if (found == std::end(escapes))
      throw InputError(fmt::format("there is no escape \\{}; write \\\\ for a backslash", letter));
    value += found->second;
  }
  throw InputError("the text has no closing quote");
}

std::string parse_value(std::string_view text) {
  if (text.starts_with('"')) return parse_quoted(text);
  if (text.starts_with('\'')) {
    const std::size_t end = text.find('\'', 1);
    if (end == std::string_view::npos) throw InputError("the text has no closing quote");
    expect_end(text.substr(end + 1));
    return std::string(text.substr(1, end - 1));
  }
  if (text.starts_with('['))
    throw InputError("lists are written as one text, as in device = \"cuda,cpu\"");
  const std::string_view word = trim(text.substr(0, text.find('#')));
  if (word.empty()) throw InputError("the value is missing");
  return std::string(word);
}

}  // namespace

std::string toml_string(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto found = std::ranges::find(escapes, c, &std::pair<char, char>::second);
    if (found == std::end(escapes))
      quoted += c;
    else
      quoted += {'\\', found->first};
  }
  return quoted + "\"";
}

std::vector<TomlItem> parse_toml(const std::string& text, const std::string& origin) {
  std::vector<TomlItem> items;
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  std::istringstream lines(text.substr(text.starts_with(byte_order_mark) ? 3 : 0));
  std::string whole;
  for (int number = 1; std::getline(lines, whole); ++number) {
    const std::string_view line = trim(whole);
    if (line.empty() || line[0] == '#') continue;
    try {
      if (line[0] == '[')
        throw InputError(fmt::format("{}: sections are not used, only `option = value`", line));
      const std::size_t equals = line.find('=');
      const std::string_view key = trim(line.substr(0, equals));
      if (equals == std::string_view::npos || key.empty())
        throw InputError(fmt::format("\"{}\" is not of the form `option = value`", line));
      const bool quoted = key[0] == '"' || key[0] == '\'';
      TomlItem item{quoted ? parse_value(key) : std::string(key),
                    parse_value(trim(line.substr(equals + 1))), number};
      if (const auto first = std::ranges::find(items, item.key, &TomlItem::key);
          first != items.end())
        throw InputError(fmt::format("\"{}\" is set in line {} already", item.key, first->line));
      items.push_back(std::move(item));
    } catch (const InputError& error) {
      throw InputError(fmt::format("{}, line {}: {}", origin, number, error.what()));
    }
  }
  return items;
}

}  // namespace dtrain::launch
