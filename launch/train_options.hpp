// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <string>

#include "launch/train_settings.hpp"

namespace dtrain::launch {

/// Options of dtrain train that are no settings.
struct TrainActions {
  std::string config;  ///< a file of settings; empty: none is named
  bool dry_run = false, version = false;
};

/// The parser of all options of dtrain train: names, help texts, and what each value must be. It fills in
/// `settings` and `actions`, which outlive it and whose members are the defaults.
std::unique_ptr<CLI::App> make_train_parser(TrainSettings& settings, TrainActions& actions);

}  // namespace dtrain::launch
