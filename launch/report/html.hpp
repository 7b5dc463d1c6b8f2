// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Pieces of an HTML page.

#include <string>
#include <vector>

namespace dtrain::launch::html {

/// Text as it may stand between tags and in quoted attributes, whatever it holds: markup is escaped,
/// control characters become '?', and bytes that are not UTF-8 U+FFFD.
std::string escaped(const std::string& text);

/// Cells are text, escaped here; the first `text_columns` are words and the others figures. Scrolls by
/// itself where it is wider than the page.
std::string table(const std::string& caption, const std::vector<std::string>& header,
                  const std::vector<std::vector<std::string>>& rows, std::size_t text_columns);

/// gnuplot's SVG file as an element of a page: without prolog, its ids distinct by `name`, its colors
/// those of the page, which a dark ground changes.
std::string inline_svg(const std::string& file_text, const std::string& name,
                       const std::string& title);

}  // namespace dtrain::launch::html
