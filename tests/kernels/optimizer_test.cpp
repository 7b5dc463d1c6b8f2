// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/optimizer.hpp"

#include <cmath>

#include "tests/kernels/function_sets.hpp"

namespace dtrain::kernels {
namespace {

class OptimizerTest : public OnEveryFunctionSet {};

TEST_P(OptimizerTest, SgdByHand) {
  Values value{1}, velocity{0};
  const Values gradient{0.5f};
  SgdArgs args{.count = 1,
               .learning_rate = 0.1f,
               .weight_decay = 0.2f,
               .gradient_scale = 2,
               .value = value.data(),
               .gradient = gradient.data()};
  functions.sgd_update(args, stream);
  EXPECT_FLOAT_EQ(value[0], 1 - 0.1f * (1 + 0.2f));

  // Two steps with momentum: v = 1, then 0.5 + 1.
  value = {1};
  args = {.count = 1,
          .learning_rate = 0.1f,
          .momentum = 0.5f,
          .gradient_scale = 2,
          .value = value.data(),
          .gradient = gradient.data(),
          .velocity = velocity.data()};
  functions.sgd_update(args, stream);
  functions.sgd_update(args, stream);
  EXPECT_FLOAT_EQ(velocity[0], 1.5f);
  EXPECT_FLOAT_EQ(value[0], 1 - 0.1f - 0.15f);

  // Nesterov looks ahead: g + 0.5 v = 1 + 0.5.
  value = {1};
  velocity = {0};
  args.nesterov = true;
  functions.sgd_update(args, stream);
  EXPECT_FLOAT_EQ(value[0], 1 - 0.15f);
}

TEST_P(OptimizerTest, AdamByHand) {
  // In the first step the corrected moments are g and g^2: the step is lr * sign(g).
  Values value{1, 1}, m{0, 0}, v{0, 0};
  const Values gradient{4, -0.01f};
  AdamArgs args{.count = 2,
                .learning_rate = 0.1f,
                .value = value.data(),
                .gradient = gradient.data(),
                .first_moment = m.data(),
                .second_moment = v.data()};
  functions.adam_update(args, stream);
  expect_close(value, {0.9f, 1.1f}, 1e-6, 0, "value");
  expect_close(m, {0.4f, -0.001f}, 1e-6, 0, "first moment");
  expect_close(v, {0.016f, 1e-7f}, 1e-4, 0, "second moment");

  // Second step, same gradient: m = 0.19 g, v = 0.001999 g^2, again corrected to g and g^2.
  args.step = 2;
  functions.adam_update(args, stream);
  expect_close(value, {0.8f, 1.2f}, 1e-5, 0, "value");
}

TEST_P(OptimizerTest, AdamAddsDecayToTheGradientAndAdamWToTheValue) {
  for (const bool decoupled : {false, true}) {
    Values value{2}, m{0}, v{0};
    const Values gradient{-0.5f};
    functions.adam_update({.count = 1,
                           .learning_rate = 0.1f,
                           .weight_decay = 0.5f,
                           .decoupled_decay = decoupled,
                           .value = value.data(),
                           .gradient = gradient.data(),
                           .first_moment = m.data(),
                           .second_moment = v.data()},
                          stream);
    // Adam: g = -0.5 + 0.5 * 2 > 0, a step down. AdamW: 2 * (1 - 0.05), a step up.
    EXPECT_NEAR(value[0], decoupled ? 1.9f + 0.1f : 1.9f, 1e-6);
  }
}

TEST_P(OptimizerTest, LambDirectionByHand) {
  const Values value{2}, gradient{0.25f};
  Values m{0}, v{0}, direction{0};
  const AdamArgs adam{.count = 1,
                      .weight_decay = 0.1f,
                      .gradient_scale = 2,
                      .value = const_cast<float*>(value.data()),
                      .gradient = gradient.data(),
                      .first_moment = m.data(),
                      .second_moment = v.data()};
  functions.lamb_direction(LambArgs{adam, direction.data()}, stream);
  EXPECT_NEAR(direction[0], 1.0 + 0.1 * 2, 1e-6);
  EXPECT_NEAR(m[0], 0.05, 1e-7);
}

/// Values and state after three steps.
struct State {
  Values value, m, v, direction;
};

template <class Step>
State after_three_steps(std::int64_t count, Step step) {
  State state{random_values(count, 1), Values(static_cast<std::size_t>(count)),
              Values(static_cast<std::size_t>(count)), Values(static_cast<std::size_t>(count))};
  for (std::int64_t t = 1; t <= 3; ++t) {
    const Values gradient = random_values(count, 10 + static_cast<std::uint64_t>(t));
    step(state, gradient, t);
  }
  return state;
}

void expect_same_state(const State& actual, const State& expected, const std::string& what) {
  expect_same_bits(actual.value, expected.value, what);
  expect_same_bits(actual.m, expected.m, what);
  expect_same_bits(actual.v, expected.v, what);
  expect_same_bits(actual.direction, expected.direction, what);
}

// Ranks on unlike machines must stay equal.
TEST_P(OptimizerTest, SgdGivesTheSameBitsOnEverySet) {
  for (const std::int64_t count : test_sizes)
    for (const float momentum : {0.0f, 0.9f})
      for (const bool nesterov : {false, true}) {
        const auto run = [&](const cpu::Functions& set) {
          return after_three_steps(count, [&](State& s, const Values& gradient, std::int64_t) {
            set.sgd_update({.count = count,
                            .learning_rate = 0.1f,
                            .momentum = momentum,
                            .weight_decay = 5e-4f,
                            .nesterov = nesterov,
                            .gradient_scale = 0.7f,
                            .value = s.value.data(),
                            .gradient = gradient.data(),
                            .velocity = momentum > 0 ? s.v.data() : nullptr},
                           stream);
          });
        };
        expect_same_state(run(functions), run(reference), "sgd");
      }
}

TEST_P(OptimizerTest, AdamAndLambGiveTheSameBitsOnEverySet) {
  for (const std::int64_t count : test_sizes)
    for (const bool decoupled : {false, true}) {
      const auto run = [&](const cpu::Functions& set) {
        return after_three_steps(count, [&](State& s, const Values& gradient, std::int64_t step) {
          const AdamArgs args{.count = count,
                              .learning_rate = 1e-3f,
                              .weight_decay = 0.01f,
                              .decoupled_decay = decoupled,
                              .step = step,
                              .gradient_scale = 0.7f,
                              .value = s.value.data(),
                              .gradient = gradient.data(),
                              .first_moment = s.m.data(),
                              .second_moment = s.v.data()};
          set.adam_update(args, stream);
          set.lamb_direction(LambArgs{args, s.direction.data()}, stream);
        });
      };
      expect_same_state(run(functions), run(reference), "adam");
    }
}

DTRAIN_ON_EVERY_FUNCTION_SET(OptimizerTest);

}  // namespace
}  // namespace dtrain::kernels
