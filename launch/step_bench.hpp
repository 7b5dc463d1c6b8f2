// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "comm/engine.hpp"
#include "datasets/data_loader.hpp"
#include "launch/train_settings.hpp"
#include "train/json.hpp"
#include "train/training_step.hpp"

namespace dtrain::launch {

/// What `dtrain bench step` is told.
struct StepBenchSettings {
  std::string model = "cnn", data, optimizer, device = "auto", precision = "fp32", comm = "auto";
  std::int64_t batch = 64, threads = 0, shards = 8;
  double bucket_mb = 0, seconds = 0.5;
  std::optional<bool> overlap;
  bool shard_optimizer = false, reproducible = false, json = false;
};

/// The passes through one batch, which stays where it is: each has a loader of its own.
class KeptPasses final : public train::PassSource {
 public:
  KeptPasses(datasets::Dataset& dataset, const std::vector<datasets::Range>& passes,
             std::int64_t batch, const kernels::Backend& backend, kernels::Stream& stream);
  void start(std::int64_t, std::int64_t) override { next_ = 0; }
  datasets::Batch next(kernels::Stream&) override;

 private:
  std::vector<std::unique_ptr<datasets::DataLoader>> loaders_;
  std::vector<datasets::Batch> batches_;
  std::size_t next_ = 0;
};

/// The training step of one rank, again and again on the same samples, with one way to sum gradients.
class StepBench {
 public:
  /// `comm`: "none" trains `batch` samples on each of the world's ranks, which do not communicate.
  /// Collective; throws as training does on the same settings.
  StepBench(const std::string& comm, const StepBenchSettings& settings, const nn::Model& model,
            datasets::Dataset& dataset, const kernels::Backend& backend, comm::Communicator& world);

  std::string name() const { return comm_ == "none" ? comm_ : engine_.collective->name(); }
  const std::string& reason() const { return engine_.reason; }
  /// Per step, over all ranks.
  std::int64_t samples() const { return samples_; }

  /// One step, to its end on the device.
  void run();

  /// Means over all steps so far.
  double communication_ms() const { return 1e3 * communication_seconds_ / steps(); }
  double exposed_ms() const { return exposed_ms_ / steps(); }
  /// Medians of this rank's steps, as a run's summary.json has them of its slowest rank's.
  train::Json step_milliseconds() const;

 private:
  TrainSettings train_settings(const StepBenchSettings& bench) const;
  comm::Engine make_engine(const StepBenchSettings& bench, const nn::Model& model,
                           kernels::Device& device);
  double steps() const { return static_cast<double>(progress_.step); }

  std::string comm_;
  std::unique_ptr<comm::Communicator> alone_;
  comm::Communicator& summing_;
  std::int64_t batch_, samples_;
  train::TrainerOptions options_;
  train::PassPlan plan_;
  int addends_;
  comm::Engine engine_;
  std::unique_ptr<kernels::Stream> stream_;
  KeptPasses passes_;
  nn::Replica replica_;
  nn::Loss loss_;
  const std::atomic<bool> stop_requested_{false};
  train::TrainingStep step_;
  train::Progress progress_;  ///< at the start of an epoch: the first batch is taken again
  double communication_seconds_ = 0, exposed_ms_ = 0;
};

}  // namespace dtrain::launch
