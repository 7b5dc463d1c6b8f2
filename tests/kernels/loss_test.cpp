// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/loss.hpp"

#include <cmath>

#include "tests/kernels/function_sets.hpp"

namespace dtrain::kernels {
namespace {

struct LossOutput {
  Values loss, gradient;
  std::vector<std::int32_t> correct;
};

class LossTest : public OnEveryFunctionSet {
 protected:
  using Function = Required<SoftmaxCrossEntropy>;  // MeanSquaredError is the same type

  LossOutput run(const Function& function, LossArgs args) {
    LossOutput out;
    out.loss.assign(static_cast<std::size_t>(args.rows), nan_value);
    out.correct.assign(static_cast<std::size_t>(args.rows), -1);
    out.gradient.assign(static_cast<std::size_t>(args.rows * args.classes), nan_value);
    args.loss = out.loss.data();
    args.correct = args.labels != nullptr ? out.correct.data() : nullptr;
    args.gradient = out.gradient.data();
    function(args, stream);

    // Without a gradient the losses are the same.
    Values again(out.loss.size(), nan_value);
    args.loss = again.data();
    args.gradient = nullptr;
    args.correct = nullptr;
    function(args, stream);
    expect_close(again, out.loss, 1e-6, 1e-7, "loss without gradient");
    return out;
  }
};

std::vector<std::int64_t> some_labels(std::int64_t rows, std::int64_t classes) {
  std::vector<std::int64_t> labels;
  for (std::int64_t n = 0; n < rows; ++n) labels.push_back(n * 7 % classes);
  return labels;
}

TEST_P(LossTest, CrossEntropyByHand) {
  const Values logits{0, 0, std::log(3.0f), 0};
  const std::int64_t labels[] = {1, 0};
  const LossOutput out = run(
      functions.softmax_cross_entropy,
      {.rows = 2, .classes = 2, .gradient_scale = 0.5f, .output = logits.data(), .labels = labels});
  expect_close(out.loss, {std::log(2.0f), -std::log(0.75f)}, 1e-6, 0, "loss");
  expect_close(out.gradient, {0.25f, -0.25f, -0.125f, 0.125f}, 1e-6, 0, "gradient");
  EXPECT_EQ(out.correct, (std::vector<std::int32_t>{0, 1}));  // a tie goes to the first
}

TEST_P(LossTest, LabelSmoothingByHand) {
  const Values logits{std::log(3.0f), 0};
  const std::int64_t label = 0;
  const LossOutput out = run(functions.softmax_cross_entropy, {.rows = 1,
                                                               .classes = 2,
                                                               .label_smoothing = 0.2f,
                                                               .output = logits.data(),
                                                               .labels = &label});
  EXPECT_NEAR(out.loss[0], -0.9 * std::log(0.75) - 0.1 * std::log(0.25), 1e-6);
  expect_close(out.gradient, {0.75f - 0.9f, 0.25f - 0.1f}, 1e-6, 0, "gradient");
}

TEST_P(LossTest, MeanSquaredErrorByHand) {
  const Values output{0.5f, 2};
  const std::int64_t label = 1;
  const LossOutput one_hot =
      run(functions.mean_squared_error,
          {.rows = 1, .classes = 2, .output = output.data(), .labels = &label});
  EXPECT_FLOAT_EQ(one_hot.loss[0], (0.25f + 1) / 2);
  expect_close(one_hot.gradient, {0.5f, 1}, 1e-6, 0, "gradient");
  EXPECT_EQ(one_hot.correct[0], 1);

  const Values targets{1.5f, 2};
  const LossOutput floats =
      run(functions.mean_squared_error,
          {.rows = 1, .classes = 2, .output = output.data(), .targets = targets.data()});
  EXPECT_FLOAT_EQ(floats.loss[0], 0.5f);
  expect_close(floats.gradient, {-1, 0}, 1e-6, 0, "gradient");
}

TEST_P(LossTest, SoftmaxByHandAndInPlace) {
  Values x{std::log(3.0f), 0, 1000, 0};
  functions.softmax(2, 2, x.data(), x.data(), stream);
  expect_close(x, {0.75f, 0.25f, 1, 0}, 1e-6, 0, "softmax");
}

TEST_P(LossTest, AgreesWithReferenceAtAllSizes) {
  for (const std::int64_t rows : {0, 1, 3, 1000})
    for (const std::int64_t classes : {1, 2, 10, 17, 100}) {
      const Values output = random_values(rows * classes, 1, -8, 8);
      const Values targets = random_values(rows * classes, 2);
      const auto labels = some_labels(rows, classes);
      LossArgs args{.rows = rows,
                    .classes = classes,
                    .gradient_scale = 0.125f,
                    .label_smoothing = 0.1f,
                    .output = output.data(),
                    .labels = labels.data()};
      const auto compare = [&](const Function& tested, const Function& oracle) {
        const LossOutput actual = run(tested, args), expected = run(oracle, args);
        expect_close(actual.loss, expected.loss, 2e-6, 1e-6, "loss");
        expect_close(actual.gradient, expected.gradient, 2e-6, 1e-7, "gradient");
        EXPECT_EQ(actual.correct, expected.correct);
      };
      compare(functions.softmax_cross_entropy, reference.softmax_cross_entropy);
      compare(functions.mean_squared_error, reference.mean_squared_error);
      args.labels = nullptr;
      args.targets = targets.data();
      compare(functions.mean_squared_error, reference.mean_squared_error);

      Values actual(output.size()), expected(output.size());
      functions.softmax(rows, classes, output.data(), actual.data(), stream);
      reference.softmax(rows, classes, output.data(), expected.data(), stream);
      expect_close(actual, expected, 2e-6, 1e-12, "softmax");
    }
}

TEST_P(LossTest, SurvivesExtremeLogitsAndKeepsNaN) {
  const Values logits{1e30f, -1e30f, 0, nan_value};
  const std::int64_t labels[] = {0, 0};
  const LossOutput out = run(functions.softmax_cross_entropy,
                             {.rows = 2, .classes = 2, .output = logits.data(), .labels = labels});
  EXPECT_EQ(out.loss[0], 0);
  EXPECT_TRUE(std::isnan(out.loss[1]));
  EXPECT_TRUE(std::isnan(out.gradient[2]) && std::isnan(out.gradient[3]));
}

TEST_P(LossTest, GradientsMatchFiniteDifferences) {
  Values output = random_values(3 * 5, 3, -2, 2);
  const auto labels = some_labels(3, 5);
  const LossArgs args{.rows = 3,
                      .classes = 5,
                      .gradient_scale = 2,
                      .label_smoothing = 0.2f,
                      .output = output.data(),
                      .labels = labels.data()};
  for (const Function& function : {functions.softmax_cross_entropy, functions.mean_squared_error})
    expect_gradient(
        output, run(function, args).gradient,
        [&] {
          return dot(run(function, args).loss, {2, 2, 2});
        },
        1e-2f, 2e-3, "loss");
}

DTRAIN_ON_EVERY_FUNCTION_SET(LossTest);

}  // namespace
}  // namespace dtrain::kernels
