// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/console.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>

#include "comm/communicator.hpp"

namespace dtrain::launch {
namespace {

/// Columns that UTF-8 text takes (all that is printed here has one column per character).
std::size_t columns_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

/// Of the terminal that shows what this process prints.
std::optional<winsize> terminal_size() {
  winsize size{};
  if (!comm::started_by_launcher()) {
    if (isatty(STDOUT_FILENO) != 1) return std::nullopt;
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    return size;
  }
  // The parent is mpirun, or a daemon on another host whose stdout is no terminal.
  const std::string file = fmt::format("/proc/{}/fd/1", getppid());
  const int descriptor = open(file.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  const bool terminal = ioctl(descriptor, TIOCGWINSZ, &size) == 0;
  close(descriptor);
  return terminal ? std::optional(size) : std::nullopt;
}

}  // namespace

std::string find_on_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  const std::string folders = path != nullptr ? path : "";
  for (std::size_t begin = 0; begin <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', begin), folders.size());
    std::string file = fmt::format("{}/{}", folders.substr(begin, end - begin), program);
    if (access(file.c_str(), X_OK) == 0) return file;
    begin = end + 1;
  }
  return "";
}

bool shows_on_terminal() {
  return terminal_size().has_value();
}

int terminal_width() {
  const auto size = terminal_size();
  return size && size->ws_col > 0 ? size->ws_col : 80;
}

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    std::string text(value);
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    return text.find("utf-8") != std::string::npos || text.find("utf8") != std::string::npos;
  }
  return false;
}

void show(std::FILE* stream, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

std::string as_one_line(std::string text) {
  constexpr std::size_t longest = 1000;
  if (text.size() > longest) {
    std::size_t end = longest;  // between characters of UTF-8
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end) + "...";
  }
  std::ranges::replace_if(
      text, [](unsigned char c) { return std::iscntrl(c) != 0; }, '?');
  return text;
}

std::string with_commas(std::int64_t number) {
  const std::string digits = fmt::format("{}", number < 0 ? -number : number);
  std::string text = number < 0 ? "-" : "";
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string counted(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string duration_text(double seconds) {
  if (seconds < 10) return fmt::format("{:.2f} s", seconds);
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = std::llround(std::min(seconds, 1e9));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string percent_text(std::optional<double> share) {
  return share ? fmt::format("{:.2f} %", 100 * *share) : "-";
}

std::string short_number(double number) {
  static constexpr std::array suffixes{"", "k", "M", "G", "T"};
  std::size_t power = 0;
  while (std::abs(number) >= 999.5 && power + 1 < suffixes.size()) number /= 1000, ++power;
  const int decimals = std::abs(number) >= 99.95 || power == 0 ? 0
                       : std::abs(number) >= 9.995             ? 1
                                                               : 2;
  return fmt::format("{:.{}f}{}", number, decimals, suffixes[power]);
}

std::string bytes_text(double bytes) {
  static constexpr std::array units{"B", "kB", "MB", "GB", "TB"};
  std::size_t power = 0;
  while (bytes >= 999.5 && power + 1 < units.size()) bytes /= 1000, ++power;
  return fmt::format("{:.{}f} {}", bytes, power == 0 || bytes >= 99.95 ? 0 : 1, units[power]);
}

Table::Table(std::vector<std::string> header, std::vector<Align> alignment)
    : header_(std::move(header)), alignment_(std::move(alignment)) {
  alignment_.resize(header_.size(), Align::right);
}

void Table::add_row(std::vector<std::string> cells) {
  cells.resize(header_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (const std::string& cell : header_) widths.push_back(columns_of(cell));
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], columns_of(row[i]));

  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string padding(widths[i] - columns_of(cells[i]), ' ');
      if (i > 0) text += "  ";
      text += alignment_[i] == Align::left ? cells[i] + padding : padding + cells[i];
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
  };
  std::string text = line(header_);
  std::size_t total = 2 * (widths.size() - 1);
  for (const std::size_t width : widths) total += width;
  text += std::string(total, '-') + "\n";
  for (const auto& row : rows_) text += line(row);
  return text;
}

std::string fact_line(std::string_view name, const std::string& text) {
  return fmt::format("  {:<14}{}\n", name, text);
}

}  // namespace dtrain::launch
