// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "train/checkpoint.hpp"
#include "train/trainer_options.hpp"

namespace dtrain::train {

/// Before the first step of a run.
Progress fresh_progress(const TrainerOptions& options, std::int64_t train_samples,
                        std::int64_t total_steps);
DataFacts facts_of(const datasets::DatasetInfo& info);

/// Throws UsageError naming the first setting in which a run differs from the one that left
/// `checkpoint`. Ranks, threads, device and epochs may differ; these may not: model, data, global
/// batch, shards, seed and optimizer; nor may it end before the step of the checkpoint.
void check_resumable(const Checkpoint& checkpoint, const Progress& run, const DataFacts& data,
                     const nn::Model& model);

/// What a resumed run does otherwise than before, a sentence for each setting.
std::vector<std::string> changed_settings(const Recipe& before, const Recipe& now);

}  // namespace dtrain::train
