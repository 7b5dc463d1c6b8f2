// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What people read: numbers with units, aligned tables, the terminal's size.

#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dtrain::launch {

/// Where the shell would find a program; empty where it would not.
std::string find_on_path(const std::string& program);

/// Does what this rank prints appear on a terminal? Open MPI gives ranks a pseudo terminal of its
/// own, whatever becomes of the text: then mpirun's own stdout is what counts.
bool shows_on_terminal();
/// Columns of that terminal; 80 where there is none.
int terminal_width();
/// Does the terminal's character set hold bars and box lines?
bool locale_is_utf8();

/// Prints at once. Where nobody listens any more (`| head -1`) the text is lost, and that is all.
void show(std::FILE* stream, const std::string& text);

/// "1,234,567"
std::string with_commas(std::int64_t number);
/// "1 node", "2 nodes"
std::string counted(std::int64_t count, std::string_view noun);
/// "0.42 s", "1 min 05 s", "2 h 03 min"
std::string duration_text(double seconds);
/// "97.31 %"; "-" where there is none.
std::string percent_text(std::optional<double> share);
/// What may quote a damaged file, as one line that a terminal can show: control characters become '?',
/// and what is longer than 1000 bytes is cut.
std::string as_one_line(std::string text);

/// "812", "12.3k", "4.56M": three digits.
std::string short_number(double number);
/// "512 B", "3.4 MB"
std::string bytes_text(double bytes);

/// Columns of text, two spaces apart: the first one flush left, the others as told.
class Table {
 public:
  enum class Align { left, right };
  Table(std::vector<std::string> header, std::vector<Align> alignment);
  void add_row(std::vector<std::string> cells);
  /// The header, a line, the rows.
  std::string text() const;

 private:
  std::vector<std::string> header_;
  std::vector<Align> alignment_;
  std::vector<std::vector<std::string>> rows_;
};

/// "  name        text\n": one line of a banner or summary.
std::string fact_line(std::string_view name, const std::string& text);

}  // namespace dtrain::launch
