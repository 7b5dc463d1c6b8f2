// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Where a run writes, and what it goes on from.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "launch/train_settings.hpp"
#include "train/checkpoint.hpp"

namespace dtrain::launch {

/// The folder that a run is to write into: --output, else the one that --resume means, else
/// runs/<model>-<data>-<UTC time>. Throws UsageError where it holds another run.
std::filesystem::path choose_run_folder(const TrainSettings& settings, const std::string& model,
                                        const std::string& data);

/// Makes the folder where it is missing, makes sure that files can be written into it, and removes
/// the summary of a run that goes on: there is one where a run has ended. Throws Error.
void prepare_run_folder(const std::filesystem::path& folder);

/// The folder that --resume means: --output for auto, the folder itself, or the one that holds the
/// file.
std::filesystem::path resumed_folder(const TrainSettings& settings);

struct StartingPoint {
  train::Checkpoint checkpoint;
  bool resumes = false;  ///< else only its weights are taken, for a fresh run
};

/// The checkpoint that --resume means, else the one of --init; none for a fresh start. `notice` hears
/// which one it is and of damaged ones that were passed over. Throws InputError.
std::optional<StartingPoint> starting_point(const TrainSettings& settings,
                                            const std::function<void(const std::string&)>& notice);

}  // namespace dtrain::launch
