// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/library_options.hpp"

namespace dtrain::launch {

train::TrainerOptions trainer_options(const TrainSettings& s, const nn::Model& model) {
  train::TrainerOptions options;
  options.epochs = s.epochs;
  options.steps = s.steps;
  options.target_accuracy = s.target_accuracy;
  options.global_batch = s.global_batch;
  options.micro_batch = s.micro_batch;
  options.shards = model.has_batch_norm() || s.reproducible ? s.shards : 0;
  options.reproducible = s.reproducible;
  options.seed = s.seed;
  options.augment = datasets::parse_augment(s.augment);
  options.loss = nn::parse_loss(s.loss);
  options.label_smoothing = static_cast<float>(s.label_smoothing);
  options.scale_loss = s.precision == "fp16";
  options.synchronization.optimizer = {.kind = optim::parse_optimizer(s.optimizer),
                                       .momentum = static_cast<float>(s.momentum),
                                       .nesterov = s.nesterov,
                                       .weight_decay = static_cast<float>(s.weight_decay),
                                       .clip_norm = static_cast<float>(s.clip_norm)};
  options.schedule = optim::parse_schedule(s.schedule);
  options.learning_rate = static_cast<float>(s.lr);
  options.warmup_epochs = s.warmup_epochs;
  options.check_replicas = s.check_replicas;
  options.on_non_finite = train::parse_on_non_finite(s.on_nan);
  options.output = s.output;
  options.checkpoint_every_epochs = s.checkpoint_every;
  options.checkpoint_every_steps = s.checkpoint_every_steps;
  options.checkpoint_keep = s.checkpoint_keep;
  return options;
}

comm::EngineRequest engine_request(const TrainSettings& s, std::size_t gradient_bytes,
                                   int gradient_addends) {
  return {.comm = s.comm,
          .bucket_mb = s.bucket_mb > 0 ? std::optional(s.bucket_mb) : std::nullopt,
          .overlap = s.overlap,
          .compress = s.compress == "bf16",
          .shard = s.shard_optimizer,
          .gradient_bytes = gradient_bytes,
          .gradient_addends = gradient_addends};
}

nn::InputSpec input_spec(const datasets::Dataset& dataset) {
  const auto& info = dataset.info();
  const auto values = static_cast<std::int64_t>(dataset.targets().size());
  return {info.sample_shape,
          values > 0 ? values / dataset.size() : static_cast<std::int64_t>(info.classes.size())};
}

}  // namespace dtrain::launch
