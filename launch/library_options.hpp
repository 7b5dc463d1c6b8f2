// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What a run's settings and data ask of the rooms below.

#include "comm/engine.hpp"
#include "datasets/dataset.hpp"
#include "launch/train_settings.hpp"
#include "nn/model.hpp"
#include "train/trainer_options.hpp"

namespace dtrain::launch {

/// What the trainer takes. `settings` are resolved: batch_per_rank is in global_batch. Throws
/// UsageError for a name that is not known.
train::TrainerOptions trainer_options(const TrainSettings& settings, const nn::Model& model);

/// How gradients of so many bytes are to be summed.
comm::EngineRequest engine_request(const TrainSettings& settings, std::size_t gradient_bytes,
                                   int gradient_addends);

/// What a dataset asks of a model: its sample shape, (C, H, W), and as many outputs as it has classes or
/// values in a float target.
nn::InputSpec input_spec(const datasets::Dataset& dataset);

}  // namespace dtrain::launch
