// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <CLI/CLI.hpp>

#include "launch/commands.hpp"

namespace dtrain::launch {

/// An empty parser for `dtrain <command>`, in the house's help format.
std::unique_ptr<CLI::App> make_parser(std::string_view command, std::string_view description);

/// Parses. Returns false when help was asked for and printed (by the root rank): the command is then
/// done. Throws UsageError that names the option, and the nearest known one for an unknown.
bool parse(CLI::App& parser, Arguments arguments, const Session& session);

// Validators for Option::check. Each takes finite numbers of its kind only, and says what it takes.

/// An integer in [min, max].
CLI::Validator integer_in(std::int64_t min, std::int64_t max);
/// Any integer from `min` up that an int64 holds without overflow in sums (2^53).
CLI::Validator integer_from(std::int64_t min);
/// A number in [min, max].
CLI::Validator number_in(double min, double max);
/// A number above 0, or from 0 up.
CLI::Validator positive_number();
CLI::Validator nonnegative_number();

}  // namespace dtrain::launch
