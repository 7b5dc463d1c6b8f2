// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace dtrain::launch {

/// One member per option, named as the option.
struct TrainSettings {
  std::string model = "cnn", data = "digits";
  double validation = 0;

  std::int64_t epochs = 10, steps = -1;
  double target_accuracy = 0;
  std::int64_t global_batch = 256;
  std::int64_t batch_per_rank = 0;  ///< > 0: global_batch is this times the ranks
  std::int64_t micro_batch = 0;
  std::string optimizer = "sgd";
  double lr = 0;  ///< 0, before all sources are put together: the optimizer's default
  double momentum = 0.9;
  bool nesterov = false;
  double weight_decay = 0;
  std::string schedule = "cosine";
  double warmup_epochs = 0, label_smoothing = 0, clip_norm = 0;
  std::string loss = "cross-entropy", augment = "none";
  std::uint64_t seed = 1;

  std::string device = "auto", precision = "fp32";
  std::int64_t threads = 0;  ///< 0: this rank's share of the cores
  std::string comm = "auto";
  double bucket_mb = 0;         ///< 0: by measurement
  std::optional<bool> overlap;  ///< not set: where ranks are on several nodes
  std::string compress = "none";
  bool shard_optimizer = false;
  bool reproducible = false;
  std::int64_t shards = 8;
  std::int64_t check_replicas = 100;
  std::string on_nan = "stop";
  double hang_timeout = 300;  ///< seconds; 0: hangs are not looked for

  std::string output;  ///< empty: runs/<model>-<data>-<UTC time>
  std::int64_t checkpoint_every = 1, checkpoint_every_steps = 0, checkpoint_keep = 3;
  std::string resume, init;
  bool trace = false;
  std::string energy = "auto", progress = "auto";
};

/// The settings as a TOML file that --config reads back to the same run. --output, --resume and
/// --progress are left out: a run that is repeated goes to a folder of its own. Files are named by
/// their whole paths.
std::string to_toml(const TrainSettings& settings);

}  // namespace dtrain::launch
