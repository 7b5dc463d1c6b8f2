// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// What a program that uses dtrain as a library looks like: it opens a dataset, makes a replica of a
// model for it and evaluates the untrained network on one rank.
#include <fmt/core.h>

#include "comm/communicator.hpp"
#include "datasets/dataset.hpp"
#include "nn/model.hpp"
#include "nn/replica.hpp"
#include "train/trainer.hpp"

int main() {
  using namespace dtrain;
  auto digits = datasets::open_dataset("digits", {});
  const auto& info = digits.test->info();
  const auto model =
      nn::Model::load("mlp", {info.sample_shape, static_cast<std::int64_t>(info.classes.size())});
  const auto backend = kernels::make_cpu_backend(1);
  nn::Replica replica(model, *backend, /*nominal_batch=*/64, /*seed=*/1);
  const auto communicator = comm::make_self_communicator();
  train::Trainer trainer(replica, *communicator, digits, {}, {});
  const auto result = trainer.evaluate(*digits.test);
  fmt::print("{} parameters, untrained test loss {:.3f}\n", model.parameter_count(), result.loss);
  // An untrained classifier of ten classes guesses: its loss is near ln 10.
  return model.parameter_count() == 50826 && result.loss > 1.8 && result.loss < 3.5 ? 0 : 1;
}
