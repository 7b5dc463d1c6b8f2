// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/batch_norm.hpp"

#include <cmath>

#include "tests/kernels/harness.hpp"

namespace dtrain::kernels {
namespace {

struct NormValues {
  Values input, gamma, beta, output_gradient;
  Values mean, variance;  // running statistics, for inference
};

struct NormResult {
  Values output, mean, variance, input_gradient, gamma_gradient, beta_gradient;
};

NormValues random_norm_values(const BatchNormSpec& spec, float low = -2, float high = 3) {
  return {random_values(spec.shape().elements(), 1, low, high),
          random_values(spec.channels, 2, 0.5f, 2),
          random_values(spec.channels, 3),
          random_values(spec.shape().elements(), 4),
          random_values(spec.channels, 5),
          random_values(spec.channels, 6, 0.1f, 4)};
}

enum class InputGradient { separate, in_place };

NormResult run(const Bench& bench, const BatchNormSpec& spec, const NormValues& values,
               InputGradient placement = InputGradient::separate) {
  const auto op = bench.kernels().make_batch_norm(bench.device(), spec);
  EXPECT_EQ(op->input_layout(), op->output_layout());
  const Layout& images = op->input_layout();
  const Layout channels = Layout::plain({spec.channels});
  const auto input = bench.upload(values.input, images);
  const auto gamma = bench.upload(values.gamma, channels);
  const auto beta = bench.upload(values.beta, channels);
  const bool training = spec.pass == Pass::training;
  const auto mean =
      training ? bench.poisoned(channels.bytes()) : bench.upload(values.mean, channels);
  const auto variance =
      training ? bench.poisoned(channels.bytes()) : bench.upload(values.variance, channels);
  const auto output = bench.poisoned(images.bytes());
  const auto saved = bench.workspace(op->saved_bytes());
  const auto scratch = bench.workspace(op->scratch_bytes());

  NormResult result;
  op->forward({input->floats(), gamma->floats(), beta->floats(), mean->floats(), variance->floats(),
               output->floats(), data_of(saved), data_of(scratch)},
              bench.stream());
  result.output = bench.download(output->floats(), images);
  result.mean = bench.download(mean->floats(), channels);
  result.variance = bench.download(variance->floats(), channels);
  if (!training) return result;

  if (scratch) bench.poison(*scratch);
  const auto output_gradient = bench.upload(values.output_gradient, images);
  const auto separate = bench.poisoned(images.bytes());
  float* input_gradient =
      placement == InputGradient::in_place ? output_gradient->floats() : separate->floats();
  const auto gamma_gradient = bench.poisoned(channels.bytes());
  const auto beta_gradient = bench.poisoned(channels.bytes());
  op->backward({input->floats(), gamma->floats(), output->floats(), output_gradient->floats(),
                input_gradient, gamma_gradient->floats(), beta_gradient->floats(), data_of(saved),
                data_of(scratch)},
               bench.stream());
  result.input_gradient = bench.download(input_gradient, images);
  result.gamma_gradient = bench.download(gamma_gradient->floats(), channels);
  result.beta_gradient = bench.download(beta_gradient->floats(), channels);
  return result;
}

void expect_agree(const NormResult& actual, const NormResult& expected, double tolerance = 1e-5) {
  expect_close_sums(actual.output, expected.output, tolerance, "output");
  expect_close_sums(actual.mean, expected.mean, tolerance, "mean");
  expect_close_sums(actual.variance, expected.variance, tolerance, "variance");
  // Two samples of a channel have almost no gradient: what is left of terms near 1.
  expect_close_sums(actual.input_gradient, expected.input_gradient, tolerance, "input gradient", 1);
  expect_close_sums(actual.gamma_gradient, expected.gamma_gradient, tolerance, "gamma gradient");
  expect_close_sums(actual.beta_gradient, expected.beta_gradient, tolerance, "beta gradient");
}

BatchNormSpec norm(std::int64_t batch, std::int64_t channels, std::int64_t height,
                   std::int64_t width) {
  BatchNormSpec spec{.batch = batch, .channels = channels, .height = height, .width = width};
  spec.input = Layout::plain(spec.shape());
  return spec;
}

std::vector<BatchNormSpec> test_specs() {
  return {norm(2, 1, 1, 1),  norm(3, 5, 7, 3),     norm(4, 16, 8, 8), norm(2, 20, 5, 5),
          norm(1, 33, 4, 6), norm(32, 64, 16, 16), norm(9, 12, 1, 1)};
}

class BatchNormTest : public OnEveryBackend {};

TEST_P(BatchNormTest, TrainingByHand) {
  BatchNormSpec spec = norm(2, 1, 1, 1);
  spec.epsilon = 0;
  NormValues values{{1, 5}, {2}, {10}, {1, 3}, {}, {}};
  // Mean 3, deviation 2 (biased), so -1 and 1; gradients of two points cancel.
  expect_agree(run(bench, spec, values), {{8, 12}, {3}, {8}, {0, 0}, {2}, {4}});
}

TEST_P(BatchNormTest, InferenceByHand) {
  BatchNormSpec spec = norm(2, 1, 1, 1);
  spec.epsilon = 1;
  spec.pass = Pass::inference;
  spec.activation = Activation::relu;
  const NormResult result = run(bench, spec, {{1, 5}, {2}, {1}, {}, {3}, {3}});
  expect_close(result.output, {0, 3}, 1e-6, 1e-6, "output");  // 2 * (x - 3) / 2 + 1
  expect_close(result.mean, {3}, 0, 0, "mean is only read");
  expect_close(result.variance, {3}, 0, 0, "variance is only read");
}

TEST_P(BatchNormTest, AgreesWithReference) {
  for (BatchNormSpec spec : test_specs())
    for (const Activation activation : {Activation::none, Activation::relu})
      for (const Pass pass : {Pass::training, Pass::inference}) {
        spec.activation = activation;
        spec.pass = pass;
        SCOPED_TRACE(spec.shape().to_string());
        const NormValues values = random_norm_values(spec);
        expect_agree(run(bench, spec, values), run(reference, spec, values));
        if (HasFatalFailure()) return;
      }
}

// A naive E[x^2] - E[x]^2 would lose half of the digits here.
TEST_P(BatchNormTest, IsAccurateFarFromZero) {
  const BatchNormSpec spec = norm(8, 16, 9, 9);
  const NormValues values = random_norm_values(spec, 99, 101);
  expect_agree(run(bench, spec, values), run(reference, spec, values), 2e-4);
}

TEST_P(BatchNormTest, OneValuePerChannelHasNoVariance) {
  const BatchNormSpec spec = norm(1, 3, 1, 1);
  const NormValues values = random_norm_values(spec);
  const NormResult result = run(bench, spec, values);
  expect_close(result.output, values.beta, 1e-6, 1e-6, "output");
  expect_close(result.variance, {0, 0, 0}, 0, 0, "variance");
}

TEST_P(BatchNormTest, WritesTheInputGradientInPlace) {
  for (BatchNormSpec spec : test_specs())
    for (const Activation activation : {Activation::none, Activation::relu}) {
      spec.activation = activation;
      const NormValues values = random_norm_values(spec);
      expect_agree(run(bench, spec, values, InputGradient::in_place), run(reference, spec, values));
    }
}

TEST_P(BatchNormTest, TakesTheLayoutOfAConvolution) {
  for (BatchNormSpec spec : test_specs())
    for (const Pass pass : {Pass::training, Pass::inference}) {
      SCOPED_TRACE(spec.shape().to_string());
      spec.pass = pass;
      spec.input = Layout::plain(spec.shape());
      const NormValues values = random_norm_values(spec);
      const NormResult expected = run(reference, spec, values);
      Conv2dSpec before{.batch = spec.batch,
                        .in_channels = 8,
                        .in_height = spec.height,
                        .in_width = spec.width,
                        .out_channels = spec.channels};
      before.input = Layout::plain(before.input_shape());
      spec.input = bench.kernels().make_conv2d(bench.device(), before)->output_layout();
      expect_agree(run(bench, spec, values), expected);
    }
}

TEST(BatchNormReference, GradientsMatchFiniteDifferences) {
  const Bench bench = make_bench("reference");
  for (const Activation activation : {Activation::none, Activation::relu}) {
    BatchNormSpec spec = norm(4, 2, 2, 3);
    spec.activation = activation;
    NormValues values = random_norm_values(spec);
    const NormResult result = run(bench, spec, values);
    const auto objective = [&] {
      return dot(run(bench, spec, values).output, values.output_gradient);
    };
    expect_gradient(values.input, result.input_gradient, objective, 2e-3f, 2e-3, "input");
    expect_gradient(values.gamma, result.gamma_gradient, objective, 2e-3f, 2e-3, "gamma");
    expect_gradient(values.beta, result.beta_gradient, objective, 2e-3f, 2e-3, "beta");
  }
}

DTRAIN_ON_EVERY_BACKEND(BatchNormTest);

}  // namespace
}  // namespace dtrain::kernels
