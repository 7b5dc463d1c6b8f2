// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/session.hpp"
#include "launch/train_command_line.hpp"
#include "tests/fuzz/target.hpp"

/// A config file with every value checked as its option does, and the settings that result written as
/// TOML, which must be taken again.
void dtrain::fuzz::read_input(Bytes bytes) {
  const launch::Session session;
  const auto settings_of = [&](Bytes file) {
    const std::vector<std::string> words = {"--config", as_file("config.toml", file).string()};
    return launch::parse_train_options(words, session).settings;
  };
  const std::string text = launch::to_toml(settings_of(bytes));
  const std::string again = launch::to_toml(settings_of(std::as_bytes(std::span(text))));
  if (again != text) throw std::logic_error("settings change when written and read again");
}
