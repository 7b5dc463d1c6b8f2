// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/linear.hpp"

#include "tests/kernels/affine.hpp"

namespace dtrain::kernels {
namespace {

AffineValues random_linear_values(const LinearSpec& spec) {
  return {random_values(spec.batch * spec.in_features(), 1),
          random_values(spec.weight_shape().elements(), 2, -0.5f, 0.5f),
          random_values(spec.has_bias ? spec.out_features : 0, 3),
          random_values(spec.batch * spec.out_features, 4)};
}

AffineResult run(const Bench& bench, const LinearSpec& spec, const AffineValues& values) {
  const auto op = bench.kernels().make_linear(bench.device(), spec);
  EXPECT_EQ(op->output_layout().shape(), (Shape{spec.batch, spec.out_features}));
  return run_affine(bench, op, spec, values);
}

LinearSpec linear(std::int64_t batch, Shape input, std::int64_t out) {
  LinearSpec spec{.batch = batch, .input_shape = input, .out_features = out};
  spec.input = Layout::plain(input.with_batch(batch));
  return spec;
}

std::vector<LinearSpec> test_specs() {
  return {linear(1, {1}, 1),         linear(5, {13}, 7),      linear(16, {784}, 256),
          linear(33, {256}, 10),     linear(1, {64}, 100),    linear(3, {16, 4, 4}, 10),
          linear(7, {5, 3, 2}, 9),   linear(2, {1, 1, 1}, 3), linear(8, {16, 5, 5}, 120),
          linear(64, {64, 2, 2}, 32)};
}

class LinearTest : public OnEveryBackend {};

TEST_P(LinearTest, ByHand) {
  const AffineResult result =
      run(bench, linear(1, {2}, 3), {{2, 3}, {1, 0, 0, 1, 1, -1}, {10, 20, 30}, {1, 10, 100}});
  expect_agree(result, {{12, 23, 29}, {101, -90}, {2, 3, 20, 30, 200, 300}, {1, 10, 100}});
}

TEST_P(LinearTest, ReluByHand) {
  LinearSpec spec = linear(2, {1}, 1);
  spec.activation = Activation::relu;
  const AffineResult result = run(bench, spec, {{2, -3}, {4}, {1}, {10, 100}});
  expect_agree(result, {{9, 0}, {40, 0}, {20}, {10}});
}

TEST_P(LinearTest, AgreesWithReference) {
  for (LinearSpec spec : test_specs())
    for (const bool has_bias : {true, false})
      for (const Activation activation : {Activation::none, Activation::relu}) {
        spec.has_bias = has_bias;
        spec.activation = activation;
        SCOPED_TRACE(spec.input.shape().to_string() + " by " + spec.weight_shape().to_string());
        const AffineValues values = random_linear_values(spec);
        expect_agree(run(bench, spec, values), run(reference, spec, values));
        if (HasFatalFailure()) return;
      }
}

TEST_P(LinearTest, InferenceAgreesWithTrainingAndKeepsNothing) {
  for (LinearSpec spec : test_specs()) {
    const AffineValues values = random_linear_values(spec);
    const Values training = run(bench, spec, values).output;
    spec.pass = Pass::inference;
    expect_close_sums(run(bench, spec, values).output, training, 1e-5, "output");
    EXPECT_EQ(bench.kernels().make_linear(bench.device(), spec)->saved_bytes(), 0u);
  }
}

TEST_P(LinearTest, FirstLayerNeedsNoInputGradient) {
  for (LinearSpec spec : test_specs()) {
    spec.needs_input_gradient = false;
    const AffineValues values = random_linear_values(spec);
    expect_agree(run(bench, spec, values), run(reference, spec, values));
  }
}

TEST_P(LinearTest, TakesTheWeightLayoutOfAnotherBatchSize) {
  for (const LinearSpec& nominal : test_specs())
    for (const Pass pass : {Pass::training, Pass::inference}) {
      const Layout weight = bench.kernels().make_linear(bench.device(), nominal)->weight_layout();
      LinearSpec other = linear(nominal.batch + 2, nominal.input_shape, nominal.out_features);
      other.pass = pass;
      const LinearSpec plain = other;
      other.weight = weight;
      EXPECT_EQ(bench.kernels().make_linear(bench.device(), other)->weight_layout(), weight);
      const AffineValues values = random_linear_values(other);
      expect_agree(run(bench, other, values), run(reference, plain, values));
    }
}

// After the last convolution: features count in (C, H, W) order whatever the layout.
TEST_P(LinearTest, FlattensTheLayoutOfAConvolution) {
  for (const std::int64_t channels : {6, 16, 20, 64}) {
    Conv2dSpec before{.batch = 4,
                      .in_channels = 8,
                      .in_height = 5,
                      .in_width = 3,
                      .out_channels = channels,
                      .kernel_height = 3,
                      .kernel_width = 3,
                      .padding_height = 1,
                      .padding_width = 1};
    before.input = Layout::plain(before.input_shape());
    LinearSpec spec = linear(4, {channels, 5, 3}, 12);
    spec.input = bench.kernels().make_conv2d(bench.device(), before)->output_layout();
    const AffineValues values = random_linear_values(spec);
    expect_agree(run(bench, spec, values), run(reference, spec, values));
  }
}

TEST(LinearReference, GradientsMatchFiniteDifferences) {
  const Bench bench = make_bench("reference");
  LinearSpec rectified = linear(3, {2, 2, 1}, 5);
  rectified.activation = Activation::relu;
  for (const LinearSpec& spec : {linear(3, {4}, 5), rectified}) {
    AffineValues values = random_linear_values(spec);
    const AffineResult result = run(bench, spec, values);
    const auto objective = [&] {
      return dot(run(bench, spec, values).output, values.output_gradient);
    };
    expect_gradient(values.input, result.input_gradient, objective, 1e-3f, 1e-3, "input");
    expect_gradient(values.weight, result.weight_gradient, objective, 1e-3f, 1e-3, "weight");
    expect_gradient(values.bias, result.bias_gradient, objective, 1e-3f, 1e-3, "bias");
  }
}

DTRAIN_ON_EVERY_BACKEND(LinearTest);

}  // namespace
}  // namespace dtrain::kernels
