// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The settings of a training run and where they come from: built-in defaults, then the `training`
// object of the model file, then the file of --config, then the flags. Each later one wins.

#include "launch/commands.hpp"
#include "launch/train_settings.hpp"

namespace dtrain::launch {

/// What the command line asks for besides training.
enum class TrainRequest { train, dry_run, version, help };

struct TrainCommandLine {
  TrainSettings settings;
  TrainRequest request = TrainRequest::train;
};

/// All sources put together and every value checked. Throws UsageError for a flag, InputError for a
/// file. Prints help when asked for it.
TrainCommandLine parse_train_options(Arguments arguments, const Session& session);

}  // namespace dtrain::launch
