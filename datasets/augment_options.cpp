// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <charconv>
#include <string_view>

#include "base/error.hpp"
#include "datasets/data_loader.hpp"

namespace dtrain::datasets {
namespace {

constexpr std::int64_t largest_padding = 256;

std::int64_t parse_padding(std::string_view digits, const std::string& text) {
  std::int64_t padding = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, padding);
  if (error != std::errc() || stop != end || padding < 1 || padding > largest_padding)
    throw UsageError(
        fmt::format("augmentation \"{}\": crop takes a padding from 1 to {}, as crop=4", text,
                    largest_padding));
  return padding;
}

}  // namespace

AugmentOptions parse_augment(const std::string& text) {
  AugmentOptions options;
  if (text == "none") return options;
  std::string_view rest = text;
  while (true) {
    const auto comma = rest.find(',');
    const std::string_view word = rest.substr(0, comma);
    if (word == "flip") {
      options.flip = true;
    } else if (word.starts_with("crop=")) {
      options.crop_padding = parse_padding(word.substr(5), text);
    } else {
      throw UsageError(fmt::format(
          "augmentation \"{}\": \"{}\" is unknown; use none, or crop=PIXELS and flip with a comma "
          "between them",
          text, word));
    }
    if (comma == std::string_view::npos) return options;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace dtrain::datasets
