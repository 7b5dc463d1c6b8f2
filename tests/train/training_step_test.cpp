// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/training_step.hpp"

#include <gmock/gmock.h>

#include <array>
#include <limits>

#include "tests/train/training.hpp"
#include "train/epoch_loader.hpp"

namespace dtrain::train {
namespace {

// Six samples of one number, with two targets each, in batches of four: the second step of an epoch has
// two samples, fewer than four ranks.
constexpr std::int64_t samples = 6, batch = 4;
const std::vector<float> targets = {1, 0, -1, 2, 0.5f, 0.5f, 3, -2, 0, 1, -0.5f, 2};

TrainerOptions options_of_test() {
  TrainerOptions options;
  options.global_batch = batch;
  options.learning_rate = 0.125f;
  options.loss = nn::LossKind::mse;
  options.synchronization.optimizer.momentum = 0;
  return options;
}

/// y_j = w_j x + b_j, from zero, by the book:
///   loss = mean over samples and j of (y_j - t_j)^2
class Line {
 public:
  explicit Line(std::vector<float> inputs) : inputs_(std::move(inputs)) {}
  /// A step of gradient descent on these samples. Returns the loss before it.
  double descend(std::span<const std::int64_t> ids, double rate) {
    double loss = 0;
    std::array<double, 2> of_weight{}, of_bias{};
    for (const std::int64_t id : ids)
      for (std::size_t j = 0; j < 2; ++j) {
        const double x = inputs_[static_cast<std::size_t>(id)];
        const double error =
            weight[j] * x + bias[j] - targets[2 * static_cast<std::size_t>(id) + j];
        const double share = 1.0 / (2.0 * static_cast<double>(ids.size()));
        loss += error * error * share;
        of_weight[j] += 2 * error * x * share;
        of_bias[j] += 2 * error * share;
      }
    for (std::size_t j = 0; j < 2; ++j) {
      weight[j] -= rate * of_weight[j];
      bias[j] -= rate * of_bias[j];
    }
    return loss;
  }
  std::array<double, 2> weight{}, bias{};

 private:
  std::vector<float> inputs_;
};

/// What a rank takes steps with.
struct Rank {
  Rank(comm::Communicator& communicator, const std::vector<float>& inputs,
       const TrainerOptions& how)
      : options(how),
        data(float_images({1, 1, 1}, 2), bytes_of(inputs), {}, targets),
        collective(communicator.make_collective({})),
        plan(communicator, samples, batch, 0, 0),
        replica(model, *backend, batch, options.seed),
        loss(options.loss, 0, 2, batch, *backend),
        loader(data, plan, *backend, {}, options.seed),
        step(replica, communicator, *collective, loader, loss, plan, options, {}, *stream, stop) {
    tensor::ParameterArena& arena = replica.parameters();
    std::fill_n(arena.values(), arena.value_floats(), 0.0f);
    loader.start(0, 0);
  }
  StepOutcome take() {
    StepOutcome outcome = step.run(progress);
    ++progress.step;
    progress.cursor += outcome.samples;
    return outcome;
  }
  void expect_weights(const Line& line) {
    const tensor::ParameterArena& arena = replica.parameters();
    const auto values = [&](const char* name) {
      return arena.to_canonical(arena.find(name), arena.values());
    };
    for (std::size_t j = 0; j < 2; ++j) {
      EXPECT_NEAR(values("fc1.weight")[j], line.weight[j], 1e-5);
      EXPECT_NEAR(values("fc1.bias")[j], line.bias[j], 1e-5);
    }
  }

  TrainerOptions options;
  std::atomic<bool> stop{false};
  std::unique_ptr<kernels::Backend> backend = kernels::make_cpu_backend(1);
  std::unique_ptr<kernels::Stream> stream = backend->device->make_stream();
  nn::Model model = nn::Model::parse(linear_model, "test.json", {{1, 1, 1}, 2});
  datasets::MemoryDataset data;
  std::unique_ptr<comm::Collective> collective;
  PassPlan plan;
  nn::Replica replica;
  nn::Loss loss;
  EpochLoader loader;
  TrainingStep step;
  Progress progress;
};

std::vector<std::int64_t> order_of_epoch() {
  return datasets::Sampler(samples, 1, options_of_test().seed).epoch_order(0);
}

TEST(TrainingStep, DescendsTheGradientOfTheGlobalBatch) {
  const std::vector<float> inputs = {1, -2, 3, 0.5f, -1.5f, 2};
  const std::vector<std::int64_t> order = order_of_epoch();
  for (const int ranks : {1, 2, 3, 4})
    test::run_ranks(ranks, [&](comm::Communicator& communicator) {
      Rank rank(communicator, inputs, options_of_test());
      Line line(inputs);
      for (const std::int64_t n : {batch, samples - batch}) {
        const auto ids = std::span(order).subspan(static_cast<std::size_t>(rank.progress.cursor),
                                                  static_cast<std::size_t>(n));
        const StepOutcome outcome = rank.take();
        EXPECT_EQ(outcome.samples, n);
        EXPECT_EQ(outcome.learning_rate, 0.125f);
        EXPECT_FALSE(outcome.skip_reason);
        EXPECT_NEAR(outcome.loss, line.descend(ids, 0.125), 1e-5);
        rank.expect_weights(line);
      }
    });
}

TEST(TrainingStep, ARequestToStopOnOneRankReachesAllInTheSameStep) {
  const std::vector<float> inputs(samples, 1);
  test::run_ranks(3, [&](comm::Communicator& communicator) {
    Rank rank(communicator, inputs, options_of_test());
    EXPECT_FALSE(rank.take().stop_requested);
    rank.stop = communicator.rank() == 0;  // which has no sample in this step
    EXPECT_TRUE(rank.take().stop_requested);
  });
}

TEST(TrainingStep, ASkippedStepChangesNothingAndTheNextOneIsTheNext) {
  std::vector<float> inputs = {1, -2, 3, 0.5f, -1.5f, 2};
  const std::vector<std::int64_t> order = order_of_epoch();
  inputs[static_cast<std::size_t>(order[1])] = std::numeric_limits<float>::infinity();
  TrainerOptions options = options_of_test();
  options.on_non_finite = OnNonFinite::skip;
  for (const int ranks : {1, 2, 3})
    test::run_ranks(ranks, [&](comm::Communicator& communicator) {
      Rank rank(communicator, inputs, options);
      Line line(inputs);
      const StepOutcome skipped = rank.take();
      EXPECT_EQ(skipped.samples, batch);
      EXPECT_EQ(skipped.learning_rate, 0.0f);
      EXPECT_THAT(skipped.skip_reason.value_or(""),
                  testing::HasSubstr(fmt::format("sample {} of the data", order[1])));
      rank.expect_weights(line);

      const StepOutcome next = rank.take();
      EXPECT_FALSE(next.skip_reason);
      EXPECT_NEAR(next.loss, line.descend(std::span(order).subspan(batch), 0.125), 1e-5);
      rank.expect_weights(line);
    });
}

}  // namespace
}  // namespace dtrain::train
