// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "train/checkpoint.hpp"

namespace dtrain::train {

inline NamedArray make_array(const std::string& name, const Shape& shape, float first) {
  NamedArray array{name, shape, std::vector<float>(static_cast<std::size_t>(shape.elements()))};
  for (float& value : array.data) value = first += 0.25f;
  return array;
}

/// A checkpoint with something in every member.
inline Checkpoint example_checkpoint(std::int64_t step = 12) {
  Checkpoint checkpoint;
  checkpoint.parameters = {make_array("stem.weight", {4, 3, 3, 3}, -10),
                           make_array("stem.bias", {4}, 5),
                           make_array("a.fc.weight", {2, 16}, 1),  // before "stem" by name
                           make_array("a.fc.bias", {2}, 2)};
  checkpoint.buffers = {make_array("bn.running_mean", {4}, 0),
                        make_array("bn.running_var", {4}, 1)};
  for (const char* state : {"second_moment", "first_moment"})
    checkpoint.optimizer.emplace_back(state, checkpoint.parameters);
  checkpoint.optimizer[1].second[0].data[3] = 1e-30f;
  checkpoint.progress = {
      .epoch = 3,
      .step = step,
      .cursor = 96,
      .evaluated = true,
      .seed = 0xFFFFFFFFFFFFFFF7u,
      .global_batch = 32,
      .shards = 8,
      .train_samples = 203,
      .total_steps = 100,
      .epoch_loss_sum = 1.0 / 3.0,
      .epoch_correct = 77,
      .epoch_train_seconds = 0.1,
      .loss_scale = {.value = 1024, .finite_steps = 17},
      .epoch_train_energy = {12.5, 3, 0.25},
      .train_energy = {1e9, 1.0 / 3.0, 7},
      .eval_energy = {0.1, 0, 2},
      .best_accuracy = 0.9,
      .best_step = 8,
      .optimizer = "adam",
      .recipe = {.loss = "mse", .schedule = "poly", .learning_rate = 0.1f, .warmup_epochs = 1.5}};
  checkpoint.model_name = "example";
  checkpoint.model_text = "{\"name\": \"example\",\n \"layers\": []}\n";
  checkpoint.data = {.name = "digits",
                     .sample_shape = {3, 8, 8},
                     .classes = {"zero", "été", "a b"},
                     .mean = {0.1f, 0.2f, 0.3f},
                     .std = {1, 2, 3},
                     .integer_samples = true};
  return checkpoint;
}

}  // namespace dtrain::train
