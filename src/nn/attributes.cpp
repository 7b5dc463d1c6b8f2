// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/attributes.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.hpp"

namespace dtrain::nn {
namespace {

constexpr std::string_view graph_keys[] = {"type", "name", "input", "inputs"};

/// A number in an error message: never longer than a line.
std::string shown(const nlohmann::json& value) {
  std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  return text.size() <= 40 ? text : text.substr(0, 37) + "...";
}

std::int64_t checked_integer(const char* key, const nlohmann::json& value, std::int64_t minimum) {
  const bool fits = value.is_number_integer() &&
                    !(value.is_number_unsigned() &&
                      value.get<std::uint64_t>() > std::uint64_t{Attributes::max_integer}) &&
                    value.get<std::int64_t>() >= minimum &&
                    value.get<std::int64_t>() <= Attributes::max_integer;
  if (!fits)
    throw InputError(fmt::format("\"{}\" is {}; it must be a whole number from {} to {}", key,
                                 shown(value), minimum, Attributes::max_integer));
  return value.get<std::int64_t>();
}

}  // namespace

const nlohmann::json* Attributes::find(const char* key) {
  known_.emplace_back(key);
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

std::int64_t Attributes::integer(const char* key, std::int64_t minimum,
                                 std::optional<std::int64_t> fallback) {
  const nlohmann::json* value = find(key);
  if (value != nullptr) return checked_integer(key, *value, minimum);
  if (!fallback) missing_.emplace_back(key);
  return fallback.value_or(minimum);
}

Extent2d Attributes::extent(const char* key, std::int64_t minimum,
                            std::optional<Extent2d> fallback) {
  const nlohmann::json* value = find(key);
  if (value == nullptr) {
    if (!fallback) missing_.emplace_back(key);
    return fallback.value_or(Extent2d{minimum, minimum});
  }
  if (value->is_array()) {
    if (value->size() != 2)
      throw InputError(
          fmt::format("\"{}\" is {}; give one number or [height, width]", key, shown(*value)));
    return {checked_integer(key, (*value)[0], minimum), checked_integer(key, (*value)[1], minimum)};
  }
  const std::int64_t side = checked_integer(key, *value, minimum);
  return {side, side};
}

double Attributes::number(const char* key, double minimum, double below, double fallback) {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return fallback;
  const double number = value->is_number() ? value->get<double>() : below;
  if (!(number >= minimum && number < below))
    throw InputError(fmt::format("\"{}\" is {}; it must be a number from {} to below {}", key,
                                 shown(*value), minimum, below));
  return number;
}

bool Attributes::flag(const char* key, bool fallback) {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_boolean())
    throw InputError(fmt::format("\"{}\" is {}; it must be true or false", key, shown(*value)));
  return value->get<bool>();
}

bool Attributes::is_text(const char* key, std::string_view text) {
  const nlohmann::json* value = find(key);
  return value != nullptr && value->is_string() && value->get_ref<const std::string&>() == text;
}

// Misspelt attributes first: they tell why one is missing.
void Attributes::expect_no_others() const {
  for (const auto& item : object_.items()) {
    const std::string& key = item.key();
    if (std::ranges::find(graph_keys, key) == std::end(graph_keys) &&
        std::ranges::find(known_, key) == known_.end())
      throw InputError(known_.empty()
                           ? fmt::format("\"{}\" is not an attribute; this layer has none", key)
                           : fmt::format("\"{}\" is not an attribute; this layer has {}", key,
                                         fmt::join(known_, ", ")));
  }
  if (!missing_.empty()) throw InputError(fmt::format("\"{}\" is missing", missing_[0]));
}

const Shape& single_input(std::span<const Shape> inputs) {
  if (inputs.size() != 1) throw InputError(fmt::format("takes one input, gets {}", inputs.size()));
  return inputs[0];
}

const Shape& image_input(std::span<const Shape> inputs) {
  const Shape& input = single_input(inputs);
  if (input.rank() != 3)
    throw InputError(fmt::format(
        "needs an image (channels, height, width), gets {} features; put it before the first "
        "linear or flatten layer",
        input.to_string()));
  return input;
}

std::int64_t checked_elements(const Shape& shape, const char* what) {
  constexpr double limit = 1 << 30;
  double elements = 1;
  for (std::int64_t extent : shape.extents()) elements *= static_cast<double>(extent);
  if (elements > limit)
    throw InputError(fmt::format("{} of {} is too large; the limit is {:.0f} elements", what,
                                 shape.to_string(), limit));
  return shape.elements();
}

}  // namespace dtrain::nn
