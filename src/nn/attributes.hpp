// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/shape.hpp"

namespace dtrain::nn {

/// Height and width of a window, a stride or a padding.
struct Extent2d {
  std::int64_t height = 0, width = 0;
  std::string to_string() const { return fmt::format("{}x{}", height, width); }
};

/// Checked reading of a layer's attributes in a model file. Everything throws InputError that names
/// the attribute; the caller adds file and layer. What the graph itself reads ("type", "name",
/// "input", "inputs") is skipped.
class Attributes {
 public:
  static constexpr std::int64_t max_integer = 1 << 20;

  explicit Attributes(const nlohmann::json& object) : object_(object) {}

  /// A whole number in [minimum, max_integer]; required unless there is a `fallback`.
  std::int64_t integer(const char* key, std::int64_t minimum,
                       std::optional<std::int64_t> fallback = std::nullopt);
  /// 3, or [3, 5] as height and width.
  Extent2d extent(const char* key, std::int64_t minimum,
                  std::optional<Extent2d> fallback = std::nullopt);
  /// A number in [minimum, below).
  double number(const char* key, double minimum, double below, double fallback);
  bool flag(const char* key, bool fallback);
  bool is_text(const char* key, std::string_view text);

  /// The last call: anything that was not asked for so far is an error, and so is a required
  /// attribute that is missing, for which the calls before gave the least value.
  void expect_no_others() const;

 private:
  const nlohmann::json* find(const char* key);

  const nlohmann::json& object_;
  std::vector<std::string_view> known_, missing_;
};

/// The one input of a layer that takes one. Throws InputError otherwise.
const Shape& single_input(std::span<const Shape> inputs);
/// Likewise, and it is an image (C, H, W).
const Shape& image_input(std::span<const Shape> inputs);

/// Throws InputError where an array of this shape could not be addressed; returns its elements.
std::int64_t checked_elements(const Shape& shape, const char* what);

}  // namespace dtrain::nn
