// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/report/html.hpp"

#include <fmt/format.h>

#include <cctype>
#include <sstream>
#include <utility>

#include "base/error.hpp"
#include "launch/report/chart.hpp"
#include "train/json.hpp"

namespace dtrain::launch::html {
namespace {

std::string row(const std::vector<std::string>& cells, std::string_view tag,
                std::size_t text_columns) {
  std::string text = "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i)
    text += fmt::format("<{0}{1}>{2}</{0}>", tag, i < text_columns ? " class=\"text\"" : "",
                        escaped(cells[i]));
  return text + "</tr>\n";
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

/// Without what a page does not need: the white ground, filters that nothing uses, and groups that hold
/// nothing, which are half of the text. The titles of groups would pop up as "loss_plot_1".
std::string without_clutter(const std::string& svg) {
  std::istringstream lines(svg);
  std::string text, group;
  bool in_filter = false;
  for (std::string line; std::getline(lines, line);) {
    const bool opens_group = line.starts_with("<g fill="), closes_group = line == "</g>";
    if (!group.empty() && !closes_group) text += std::exchange(group, {});
    if (line.find("<filter") != std::string::npos) in_filter = true;
    if (opens_group)
      group = line + "\n";
    else if (closes_group && !group.empty())
      group.clear();
    else if (!in_filter && !line.starts_with("<rect x=\"0\" y=\"0\""))
      text += line.substr(0, line.find("<title>")) + "\n";
    if (line.find("</filter>") != std::string::npos) in_filter = false;
  }
  return text;
}

/// "#0072b2" as gnuplot writes it.
std::string gnuplot_color(std::string_view hex) {
  const auto part = [&](std::size_t at) {
    return std::stoi(std::string(hex.substr(at, 2)), nullptr, 16);
  };
  return fmt::format("rgb({:3}, {:3}, {:3})", part(1), part(3), part(5));
}

}  // namespace

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : train::valid_utf8(text)) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '"')
      result += "&quot;";
    else if (c == '\'')
      result += "&#39;";
    else
      result += std::iscntrl(static_cast<unsigned char>(c)) != 0 ? '?' : c;
  }
  return result;
}

std::string table(const std::string& caption, const std::vector<std::string>& header,
                  const std::vector<std::vector<std::string>>& rows, std::size_t text_columns) {
  std::string text = fmt::format(
      "<div class=\"wide\">\n<table>\n<caption>{}</caption>\n<thead>\n{}</thead>\n<tbody>\n",
      escaped(caption), row(header, "th", text_columns));
  for (const auto& cells : rows) text += row(cells, "td", text_columns);
  return text + "</tbody>\n</table>\n</div>\n";
}

std::string inline_svg(const std::string& file_text, const std::string& name,
                       const std::string& title) {
  const std::size_t view = file_text.find("viewBox"), body = file_text.find("<g id=");
  if (view == std::string::npos || body == std::string::npos)
    throw Error(
        fmt::format("gnuplot's {}.svg is not as expected: it lacks a viewBox or a group", name));
  const std::size_t view_end = file_text.find('\n', view);
  std::string text = without_clutter(file_text.substr(body));
  replace_all(text, "id='", fmt::format("id='{}-", name));
  replace_all(text, "id=\"", fmt::format("id=\"{}-", name));
  replace_all(text, "href='#", fmt::format("href='#{}-", name));
  for (std::size_t i = 0; i < palette.size(); ++i)
    replace_all(text, gnuplot_color(palette[i]), fmt::format("var(--series-{})", i));
  replace_all(text, gnuplot_color("#000000"), "currentColor");
  for (const char quote : {'\'', '"'}) {
    replace_all(text, fmt::format("{0}black{0}", quote), fmt::format("{0}currentColor{0}", quote));
    replace_all(text, fmt::format("{0}gray{0}", quote), fmt::format("{0}var(--grid){0}", quote));
  }
  return fmt::format(
      "<svg role=\"img\" aria-label=\"{}\" {} xmlns=\"http://www.w3.org/2000/svg\" "
      "xmlns:xlink=\"http://www.w3.org/1999/xlink\">\n{}",
      escaped(title), file_text.substr(view, view_end - view), text);
}

}  // namespace dtrain::launch::html
