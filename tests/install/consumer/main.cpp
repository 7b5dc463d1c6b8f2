// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// What a program that uses dtrain as a library looks like: it trains a network on the digits for
// one epoch, on one rank and without MPI.
#include <fmt/core.h>

#include "comm/communicator.hpp"
#include "datasets/dataset.hpp"
#include "nn/model.hpp"
#include "nn/replica.hpp"
#include "train/trainer.hpp"

int main() {
  using namespace dtrain;
  auto digits = datasets::open_dataset("digits", {});
  const auto& info = digits.train->info();
  const auto model =
      nn::Model::load("mlp", {info.sample_shape, static_cast<std::int64_t>(info.classes.size())});
  const auto backend = kernels::make_cpu_backend(/*threads=*/1);
  nn::Replica replica(model, *backend, /*nominal_batch=*/64, /*seed=*/1);
  const auto communicator = comm::make_self_communicator();

  train::TrainerOptions options;
  options.global_batch = 64;
  options.learning_rate = 0.02f;
  const auto collective = communicator->make_collective({});
  train::Trainer trainer(replica, *communicator, *collective, digits, options, {});
  const auto result = trainer.run();
  fmt::print("{} parameters, test accuracy {:.1f} %\n", model.parameter_count(),
             100 * result.test_accuracy.value());
  return result.test_accuracy.value() > 0.85 ? 0 : 1;
}
