// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "base/shape.hpp"
#include "launch/commands.hpp"

namespace dtrain::launch {

/// An empty parser for `dtrain <command>`, in the house's help format.
std::unique_ptr<CLI::App> make_parser(std::string_view command, std::string_view description);

/// Parses. Returns false when help was asked for and printed (by the root rank): the command is
/// then done. Throws UsageError that names the option, and the nearest known one for an unknown.
bool parse(CLI::App& parser, Arguments arguments, const Session& session);

/// ` (did you mean "--epochs"?)` when one of `known` is near `word`, else empty.
std::string did_you_mean(const std::string& word, std::span<const std::string> known);

/// "3x32x32" -> (3, 32, 32). Throws UsageError naming the option.
Shape parse_image_shape(std::string_view option, const std::string& text);

// Validators for Option::check. Each takes finite numbers of its kind only, and says what it takes.

/// Counts beyond this (about 10^15) are refused, so that their sums never overflow. What is multiplied
/// by another count has a smaller limit of its own.
inline constexpr std::int64_t largest_integer = std::int64_t{1} << 50;
/// An integer in [min, max], or from `min` up, without leading zeros.
CLI::Validator integer_in(std::int64_t min, std::int64_t max);
CLI::Validator integer_from(std::int64_t min);
/// A number in [min, max].
CLI::Validator number_in(double min, double max);
/// A number in [min, max).
CLI::Validator number_below(double min, double max);
/// One of these words.
CLI::Validator one_of(std::vector<std::string> words);
/// A number that float32 holds: above 0, or from 0 up.
CLI::Validator positive_number();
CLI::Validator nonnegative_number();
/// What a flag may be set to.
CLI::Validator true_or_false();

}  // namespace dtrain::launch
