// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include <fmt/core.h>

#include <filesystem>
#include <type_traits>

#include "launch/toml.hpp"
#include "launch/train_settings.hpp"

namespace dtrain::launch {
namespace {

/// Lines `key = value`, values in their shortest exact form.
class TomlWriter {
 public:
  void section(std::string_view comment) { text_ += fmt::format("\n# {}\n", comment); }
  void add(std::string_view key, const std::string& value) {
    text_ += fmt::format("{} = {}\n", key, toml_string(value));
  }
  void add(std::string_view key, bool value) { text_ += fmt::format("{} = {}\n", key, value); }
  void add(std::string_view key, double value) { text_ += fmt::format("{} = {}\n", key, value); }
  template <class Integer>
  requires std::is_integral_v<Integer>
  void add(std::string_view key, Integer value) { text_ += fmt::format("{} = {}\n", key, value); }
  const std::string& text() const { return text_; }

 private:
  std::string text_ = "# dtrain --config reads this file.\n";
};

/// A file's whole path, so that it is found from any folder; names are left as they are.
std::string from_anywhere(const std::string& name_or_file) {
  std::error_code ignored;
  if (!std::filesystem::exists(name_or_file, ignored)) return name_or_file;
  return std::filesystem::absolute(name_or_file).lexically_normal().string();
}

}  // namespace

std::string to_toml(const TrainSettings& s) {
  TomlWriter toml;
  toml.section("What to train");
  toml.add("model", s.model.ends_with(".json") ? from_anywhere(s.model) : s.model);
  toml.add("data", s.data.ends_with(".h5") ? from_anywhere(s.data) : s.data);
  toml.add("validation", s.validation);

  toml.section("How to train");
  toml.add("epochs", s.epochs);
  if (s.steps >= 0) toml.add("steps", s.steps);
  toml.add("target-accuracy", s.target_accuracy);
  if (s.batch_per_rank > 0)
    toml.add("batch-per-rank", s.batch_per_rank);
  else
    toml.add("global-batch", s.global_batch);
  toml.add("micro-batch", s.micro_batch);
  toml.add("optimizer", s.optimizer);
  toml.add("lr", s.lr);
  toml.add("momentum", s.momentum);
  toml.add("nesterov", s.nesterov);
  toml.add("weight-decay", s.weight_decay);
  toml.add("schedule", s.schedule);
  toml.add("warmup-epochs", s.warmup_epochs);
  toml.add("label-smoothing", s.label_smoothing);
  toml.add("clip-norm", s.clip_norm);
  toml.add("loss", s.loss);
  toml.add("augment", s.augment);
  toml.add("seed", s.seed);

  toml.section("On what");
  toml.add("device", s.device);
  toml.add("precision", s.precision);
  if (s.threads > 0) toml.add("threads", s.threads);
  toml.add("comm", s.comm);
  if (s.bucket_mb > 0) toml.add("bucket-mb", s.bucket_mb);
  if (s.overlap) toml.add("overlap", *s.overlap);
  toml.add("compress", s.compress);
  toml.add("shard-optimizer", s.shard_optimizer);
  toml.add("reproducible", s.reproducible);
  toml.add("shards", s.shards);
  toml.add("check-replicas", s.check_replicas);
  toml.add("on-nan", s.on_nan);
  toml.add("hang-timeout", s.hang_timeout);

  toml.section("What it leaves");
  toml.add("checkpoint-every", s.checkpoint_every);
  toml.add("checkpoint-every-steps", s.checkpoint_every_steps);
  toml.add("checkpoint-keep", s.checkpoint_keep);
  toml.add("energy", s.energy);
  toml.add("trace", s.trace);
  if (!s.init.empty()) toml.add("init", from_anywhere(s.init));
  return toml.text();
}

}  // namespace dtrain::launch
