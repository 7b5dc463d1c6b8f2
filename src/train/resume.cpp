// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/resume.hpp"

#include "base/error.hpp"

namespace dtrain::train {
namespace {

template <class T>
void check_same(const std::string& origin, const char* setting, const T& before, const T& now) {
  if (before != now)
    throw UsageError(
        fmt::format("cannot resume from {}: its run had {} {}, this one has {}. Use the same, or "
                    "start a new run "
                    "from its weights with --init.",
                    origin, setting, before, now));
}

/// The network that a model file describes, without its default training settings.
nlohmann::json network_of(const std::string& model_text) {
  nlohmann::json network = nlohmann::json::parse(model_text, nullptr, false);
  if (network.is_object()) network.erase("training");
  return network;
}

}  // namespace

Progress fresh_progress(const TrainerOptions& options, std::int64_t train_samples,
                        std::int64_t total_steps) {
  Progress progress;
  progress.seed = options.seed;
  progress.global_batch = options.global_batch;
  progress.shards = options.shards;
  progress.train_samples = train_samples;
  progress.total_steps = total_steps;
  progress.optimizer = optim::to_string(options.synchronization.optimizer.kind);
  progress.recipe = recipe_of(options);
  return progress;
}

DataFacts facts_of(const datasets::DatasetInfo& info) {
  return {info.name, info.sample_shape, info.classes,
          info.mean, info.std,          info.type == datasets::SampleType::uint8};
}

void check_resumable(const Checkpoint& checkpoint, const Progress& run, const DataFacts& data,
                     const nn::Model& model) {
  const std::string& origin = checkpoint.origin;
  const Progress& before = checkpoint.progress;
  check_same(origin, "model", checkpoint.model_name, model.name());
  if (network_of(checkpoint.model_text) != network_of(model.text()))
    throw UsageError(fmt::format(
        "cannot resume from {}: the layers of model '{}' have changed since. Use the model file of "
        "that run.",
        origin, model.name()));
  check_same(origin, "dataset", checkpoint.data.name, data.name);
  check_same(origin, "sample shape", checkpoint.data.sample_shape.to_string(),
             data.sample_shape.to_string());
  check_same(origin, "training samples:", before.train_samples, run.train_samples);
  check_same(origin, "--global-batch", before.global_batch, run.global_batch);
  check_same(origin, "shards:", before.shards, run.shards);
  check_same(origin, "--seed", before.seed, run.seed);
  check_same(origin, "--optimizer", before.optimizer, run.optimizer);
  if (before.step > run.total_steps)
    throw UsageError(fmt::format(
        "cannot resume from {}: its run is already at step {} (epoch {}), this one ends "
        "at step {}. Ask for more --epochs or --steps.",
        origin, before.step, before.current_epoch(), run.total_steps));
}

std::vector<std::string> changed_settings(const Recipe& before, const Recipe& now) {
  std::vector<std::string> changes;
  const auto compare = [&](const char* option, const auto& old_value, const auto& new_value) {
    if (old_value != new_value)
      changes.push_back(
          fmt::format("{} was {} before and is {} from here on", option, old_value, new_value));
  };
  compare("--loss", before.loss, now.loss);
  compare("--schedule", before.schedule, now.schedule);
  compare("--lr", before.learning_rate, now.learning_rate);
  compare("--warmup-epochs", before.warmup_epochs, now.warmup_epochs);
  return changes;
}

}  // namespace dtrain::train
