// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// A small training job, run by any number of ranks within one test.

#include <algorithm>
#include <cstring>
#include <functional>
#include <mutex>

#include "tests/support/run_ranks.hpp"
#include "train/pass_plan.hpp"
#include "train/trainer.hpp"

namespace dtrain::train {

inline constexpr const char* small_cnn = R"({"name": "small", "layers": [
  {"type": "conv2d", "name": "conv1", "channels": 6, "kernel": 3, "padding": 1},
  {"type": "relu"},
  {"type": "max_pool", "window": 2},
  {"type": "linear", "name": "fc1", "units": 16},
  {"type": "relu"},
  {"type": "dropout", "rate": 0.2},
  {"type": "linear", "name": "fc2", "units": "classes"}]})";

inline constexpr const char* small_batch_norm = R"({"name": "small-bn", "layers": [
  {"type": "conv2d", "name": "conv1", "channels": 6, "kernel": 3, "padding": 1, "bias": false},
  {"type": "batch_norm", "name": "bn1"},
  {"type": "relu"},
  {"type": "global_average_pool"},
  {"type": "linear", "name": "fc1", "units": "classes"}]})";

inline constexpr const char* linear_model =
    R"({"name": "line", "layers": [{"type": "linear", "name": "fc1", "units": "classes"}]})";

/// Of samples that tests make up: float32, as they are.
inline datasets::DatasetInfo float_images(const Shape& shape, int classes) {
  datasets::DatasetInfo info;
  info.name = "floats";
  info.sample_shape = shape;
  info.type = datasets::SampleType::float32;
  for (int i = 0; i < classes; ++i) info.classes.push_back(std::to_string(i));
  info.mean = {0};
  info.std = {1};
  return info;
}

inline std::vector<std::byte> bytes_of(const std::vector<float>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// Keeps what observers are told.
struct Recorder : TrainingObserver {
  std::vector<StepRecord> steps;
  std::vector<SkippedStep> skips;
  std::vector<EpochRecord> epochs;
  std::vector<std::string> checkpoints;
  std::function<void(const StepRecord&)> at_step;
  void on_step(const StepRecord& record) override {
    steps.push_back(record);
    if (at_step) at_step(record);
  }
  void on_skip(const SkippedStep& skipped) override { skips.push_back(skipped); }
  void on_epoch(const EpochRecord& record) override { epochs.push_back(record); }
  void on_checkpoint(const std::string& file, std::int64_t) override {
    checkpoints.push_back(file);
  }
};

struct Job {
  int ranks = 1;
  std::string model = small_cnn;
  std::string data = "synthetic:1x8x8:4:203";
  double validation_fraction = 0;
  TrainerOptions options;
  std::optional<Checkpoint> resume;
  std::vector<TrainingObserver*> observers;
  /// May replace a rank's splits before they are used.
  std::function<void(datasets::DatasetSplits&)> prepare;
  /// May change a rank's parameters before the first step.
  std::function<void(int rank, nn::Replica&)> at_start;

  Job() {
    options.epochs = 2;
    options.global_batch = 32;
    options.learning_rate = 0.05f;
    options.seed = 7;
  }

  /// Runs it; every rank must come to the same result, which is returned.
  TrainingResult run() const {
    std::mutex mutex;
    std::vector<TrainingResult> results(static_cast<std::size_t>(ranks));
    test::run_ranks(ranks, [&](comm::Communicator& communicator) {
      const auto backend = kernels::make_cpu_backend(1);
      auto splits = datasets::open_dataset(data, {validation_fraction, options.seed});
      if (prepare) {
        const std::lock_guard lock(mutex);
        prepare(splits);
      }
      const auto& info = splits.train->info();
      const nn::InputSpec input{info.sample_shape, static_cast<std::int64_t>(info.classes.size())};
      const nn::Model parsed = nn::Model::parse(model, "test.json", input);
      const auto collective = communicator.make_collective({});
      const PassPlan plan(communicator, splits.train->size(), options.global_batch, options.shards,
                          options.micro_batch);
      nn::Replica replica(parsed, *backend, 16, options.seed, {},
                          options.reproducible ? plan.most_passes() : 1);
      TrainerOptions mine = options;
      if (!communicator.is_root()) mine.output.clear();  // only the root knows it
      Trainer trainer(replica, communicator, *collective, splits, mine, observers);
      if (resume) trainer.resume(*resume);
      if (at_start) at_start(communicator.rank(), replica);
      results[static_cast<std::size_t>(communicator.rank())] = trainer.run();
    });
    for (const TrainingResult& result : results)
      if (result.weights_hash != results[0].weights_hash ||
          result.stop_reason != results[0].stop_reason)
        throw std::logic_error("ranks ended with different weights");
    return results[0];
  }
};

}  // namespace dtrain::train
