// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/conv2d.hpp"

#include "tests/kernels/affine.hpp"

namespace dtrain::kernels {
namespace {

AffineValues random_conv_values(const Conv2dSpec& spec) {
  return {random_values(spec.input_shape().elements(), 1),
          random_values(spec.weight_shape().elements(), 2, -0.5f, 0.5f),
          random_values(spec.has_bias ? spec.out_channels : 0, 3),
          random_values(spec.output_shape().elements(), 4)};
}

AffineResult run(const Bench& bench, const Conv2dSpec& spec, const AffineValues& values) {
  const auto op = bench.kernels().make_conv2d(bench.device(), spec);
  EXPECT_EQ(op->output_layout().shape(), spec.output_shape());
  return run_affine(bench, op, spec, values);
}

/// Square images and kernels.
Conv2dSpec square(std::int64_t batch, std::int64_t in, std::int64_t size, std::int64_t out,
                  std::int64_t kernel, std::int64_t stride, std::int64_t padding,
                  std::int64_t groups = 1) {
  Conv2dSpec spec{.batch = batch,
                  .in_channels = in,
                  .in_height = size,
                  .in_width = size,
                  .out_channels = out,
                  .kernel_height = kernel,
                  .kernel_width = kernel,
                  .stride_height = stride,
                  .stride_width = stride,
                  .padding_height = padding,
                  .padding_width = padding,
                  .groups = groups};
  spec.input = Layout::plain(spec.input_shape());
  return spec;
}

Conv2dSpec oblong() {
  Conv2dSpec spec{.batch = 3,
                  .in_channels = 6,
                  .in_height = 7,
                  .in_width = 10,
                  .out_channels = 20,
                  .kernel_height = 3,
                  .kernel_width = 5,
                  .stride_height = 1,
                  .stride_width = 2,
                  .padding_height = 0,
                  .padding_width = 2};
  spec.input = Layout::plain(spec.input_shape());
  return spec;
}

std::vector<Conv2dSpec> test_specs() {
  return {square(1, 1, 1, 1, 1, 1, 0),  // one multiplication
          square(1, 1, 3, 1, 3, 1, 1),
          square(2, 5, 7, 7, 3, 1, 1),  // channels that fill no block
          square(3, 17, 6, 33, 3, 1, 1),
          square(2, 32, 8, 48, 3, 1, 1),
          square(5, 3, 9, 64, 3, 1, 1),  // narrow first layers
          square(2, 1, 28, 32, 3, 1, 1),
          square(3, 3, 32, 6, 5, 1, 0),  // lenet
          square(3, 6, 14, 16, 5, 1, 0),
          square(2, 1, 28, 6, 5, 1, 2),
          square(2, 8, 9, 12, 3, 2, 1),     // strided
          square(2, 16, 8, 32, 1, 2, 0),    // a residual network's projection
          square(7, 4, 5, 10, 5, 1, 0),     // the kernel covers the image
          square(2, 8, 6, 12, 3, 1, 1, 2),  // groups
          square(2, 8, 6, 8, 3, 1, 1, 8),   // depthwise
          square(1, 12, 5, 6, 3, 2, 1, 3),
          square(2, 4, 5, 3, 3, 1, 2),  // more padding than keeps the size
          oblong()};
}

class Conv2dTest : public OnEveryBackend {};

TEST_P(Conv2dTest, ByHand) {
  const Conv2dSpec spec = square(1, 1, 3, 1, 2, 1, 0);
  const AffineResult result =
      run(bench, spec, {{1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 0, 0, -1}, {0.5f}, {1, 1, 1, 1}});
  expect_agree(
      result,
      {{-3.5f, -3.5f, -3.5f, -3.5f}, {1, 1, 0, 1, 0, -1, 0, -1, -1}, {12, 16, 24, 28}, {4}});
}

TEST_P(Conv2dTest, StridePaddingAndReluByHand) {
  Conv2dSpec spec = square(1, 1, 2, 1, 2, 2, 1);
  spec.activation = Activation::relu;
  // Each output sees one corner of the image through the opposite corner of the kernel.
  const AffineResult result =
      run(bench, spec, {{1, 2, 3, 4}, {5, 6, 7, 8}, {-13}, {1, 10, 100, 1000}});
  expect_agree(result, {{0, 1, 5, 7},        // 8 - 13, 14 - 13, 18 - 13, 20 - 13
                        {0, 70, 600, 5000},  // the first is cut off by the ReLU
                        {4000, 300, 20, 0},
                        {1110}});
}

TEST_P(Conv2dTest, GroupsByHand) {
  const Conv2dSpec spec = square(1, 2, 1, 4, 1, 1, 0, 2);
  const AffineResult result =
      run(bench, spec, {{2, 3}, {1, 10, 100, 1000}, {0, 0, 0, 0}, {1, 1, 1, 1}});
  expect_agree(result, {{2, 20, 300, 3000}, {11, 1100}, {2, 2, 3, 3}, {1, 1, 1, 1}});
}

TEST_P(Conv2dTest, AgreesWithReference) {
  for (Conv2dSpec spec : test_specs())
    for (const bool has_bias : {true, false})
      for (const Activation activation : {Activation::none, Activation::relu}) {
        spec.has_bias = has_bias;
        spec.activation = activation;
        SCOPED_TRACE(spec.input_shape().to_string() + " by " + spec.weight_shape().to_string() +
                     (has_bias ? " with bias" : "") +
                     (activation == Activation::relu ? " and relu" : ""));
        const AffineValues values = random_conv_values(spec);
        expect_agree(run(bench, spec, values), run(reference, spec, values));
        if (HasFatalFailure()) return;
      }
}

TEST_P(Conv2dTest, AgreesWithReferenceOnALargeShape) {
  const Conv2dSpec spec = square(1, 64, 16, 128, 3, 1, 1);  // cnn's second layer
  const AffineValues values = random_conv_values(spec);
  expect_agree(run(bench, spec, values), run(reference, spec, values));
}

TEST_P(Conv2dTest, InferenceAgreesWithTrainingAndKeepsNothing) {
  for (Conv2dSpec spec : test_specs()) {
    spec.activation = Activation::relu;
    const AffineValues values = random_conv_values(spec);
    const Values training = run(bench, spec, values).output;
    spec.pass = Pass::inference;
    expect_close_sums(run(bench, spec, values).output, training, 1e-5, "output");
    EXPECT_EQ(bench.kernels().make_conv2d(bench.device(), spec)->saved_bytes(), 0u);
  }
}

TEST_P(Conv2dTest, FirstLayerNeedsNoInputGradient) {
  for (Conv2dSpec spec : test_specs()) {
    spec.needs_input_gradient = false;
    const AffineValues values = random_conv_values(spec);
    expect_agree(run(bench, spec, values), run(reference, spec, values));
  }
}

// One set of parameters serves every batch size: the first one chooses their layout.
TEST_P(Conv2dTest, TakesTheWeightLayoutOfAnotherBatchSize) {
  for (const Conv2dSpec& nominal : test_specs())
    for (const Pass pass : {Pass::training, Pass::inference}) {
      const Layout weight = bench.kernels().make_conv2d(bench.device(), nominal)->weight_layout();
      Conv2dSpec other = nominal;
      other.batch = nominal.batch + 2;
      other.input = Layout::plain(other.input_shape());
      other.pass = pass;
      Conv2dSpec plain = other;
      other.weight = weight;
      EXPECT_EQ(bench.kernels().make_conv2d(bench.device(), other)->weight_layout(), weight);
      const AffineValues values = random_conv_values(other);
      expect_agree(run(bench, other, values), run(reference, plain, values));
    }
}

TEST_P(Conv2dTest, TakesTheLayoutOfItsPredecessor) {
  for (const std::int64_t channels : {3, 6, 16, 20, 64}) {
    const Conv2dSpec before = square(2, 3, 6, channels, 3, 1, 1);
    Conv2dSpec spec = square(2, channels, 6, 24, 3, 1, 1);
    spec.input = bench.kernels().make_conv2d(bench.device(), before)->output_layout();
    const AffineValues values = random_conv_values(spec);
    expect_agree(run(bench, spec, values), run(reference, spec, values));
  }
}

TEST(Conv2dReference, GradientsMatchFiniteDifferences) {
  const Bench bench = make_bench("reference");
  Conv2dSpec strided = square(2, 2, 5, 4, 3, 2, 1, 2);
  Conv2dSpec rectified = square(1, 3, 4, 2, 3, 1, 1);
  rectified.activation = Activation::relu;
  for (const Conv2dSpec& spec : {strided, rectified}) {
    AffineValues values = random_conv_values(spec);
    const AffineResult result = run(bench, spec, values);
    const auto objective = [&] {
      return dot(run(bench, spec, values).output, values.output_gradient);
    };
    expect_gradient(values.input, result.input_gradient, objective, 1e-3f, 1e-3, "input");
    expect_gradient(values.weight, result.weight_gradient, objective, 1e-3f, 1e-3, "weight");
    expect_gradient(values.bias, result.bias_gradient, objective, 1e-3f, 1e-3, "bias");
  }
}

DTRAIN_ON_EVERY_BACKEND(Conv2dTest);

}  // namespace
}  // namespace dtrain::kernels
