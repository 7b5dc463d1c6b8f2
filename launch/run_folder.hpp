// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Where a run writes, and what it goes on from.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "launch/train_options.hpp"
#include "train/checkpoint.hpp"

namespace dtrain::launch {

/// The folder that a run is to write into: --output, else the one that --resume means, else
/// runs/<model>-<data>-<UTC time>. Throws UsageError where it holds another run.
std::filesystem::path choose_run_folder(const TrainSettings& settings, const std::string& model,
                                        const std::string& data);

/// Makes the folder where it is missing and makes sure that files can be written into it. Throws Error.
void prepare_run_folder(const std::filesystem::path& folder);

/// The folder that --resume means: --output for auto, the folder itself, or the one that holds the
/// file.
std::filesystem::path resumed_folder(const TrainSettings& settings);

/// The checkpoint that --resume or --init means; none for a fresh start. `notice` hears which one
/// it is and of damaged ones that were passed over. Throws InputError.
std::optional<train::Checkpoint> starting_point(
    const TrainSettings& settings, const std::function<void(const std::string&)>& notice);

}  // namespace dtrain::launch
