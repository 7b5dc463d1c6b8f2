// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/pool2d.hpp"

#include <cmath>

#include "tests/kernels/harness.hpp"

namespace dtrain::kernels {
namespace {

struct PoolResult {
  Values output, input_gradient;
};

PoolResult run(const Bench& bench, const Pool2dSpec& spec, const Values& input,
               const Values& output_gradient) {
  const auto op = bench.kernels().make_pool2d(bench.device(), spec);
  EXPECT_EQ(op->output_layout().shape(), spec.output_shape());
  const auto x = bench.upload(input, op->input_layout());
  const auto y = bench.poisoned(op->output_layout().bytes());
  const auto saved = bench.workspace(op->saved_bytes());
  PoolResult result;
  op->forward(x->floats(), y->floats(), data_of(saved), bench.stream());
  result.output = bench.download(y->floats(), op->output_layout());
  if (spec.pass == Pass::inference) return result;

  const auto dy = bench.upload(output_gradient, op->output_layout());
  const auto dx = bench.poisoned(op->input_layout().bytes());
  op->backward(y->floats(), dy->floats(), dx->floats(), data_of(saved), bench.stream());
  result.input_gradient = bench.download(dx->floats(), op->input_layout());
  return result;
}

void expect_agree(const PoolResult& actual, const PoolResult& expected) {
  expect_close(actual.output, expected.output, 1e-6, 1e-7, "output");
  expect_close(actual.input_gradient, expected.input_gradient, 1e-6, 1e-6, "input gradient");
}

Pool2dSpec pool(PoolKind kind, std::int64_t batch, std::int64_t channels, std::int64_t height,
                std::int64_t width, std::int64_t window, std::int64_t stride,
                std::int64_t padding = 0) {
  Pool2dSpec spec{.kind = kind,
                  .batch = batch,
                  .channels = channels,
                  .in_height = height,
                  .in_width = width,
                  .window_height = window,
                  .window_width = window,
                  .stride_height = stride,
                  .stride_width = stride,
                  .padding_height = padding,
                  .padding_width = padding};
  spec.input = Layout::plain(spec.input_shape());
  return spec;
}

std::vector<Pool2dSpec> test_specs() {
  std::vector<Pool2dSpec> specs;
  for (const PoolKind kind : {PoolKind::max, PoolKind::average}) {
    specs.push_back(pool(kind, 1, 1, 1, 1, 1, 1));
    specs.push_back(pool(kind, 2, 16, 8, 8, 2, 2));
    specs.push_back(pool(kind, 3, 6, 28, 28, 2, 2));
    specs.push_back(pool(kind, 2, 5, 7, 5, 2, 2));  // the last row and column fall out
    specs.push_back(pool(kind, 2, 20, 9, 8, 3, 2, 1));
    specs.push_back(pool(kind, 2, 33, 6, 7, 3, 1, 1));  // overlapping windows
    specs.push_back(pool(kind, 3, 64, 8, 8, 8, 1));     // global
    specs.push_back(pool(kind, 1, 3, 5, 9, 2, 3));      // gaps between windows
    specs.push_back(pool(kind, 3, 64, 32, 32, 2, 2));   // large
    Pool2dSpec oblong{.kind = kind,
                      .batch = 2,
                      .channels = 10,
                      .in_height = 6,
                      .in_width = 9,
                      .window_height = 2,
                      .window_width = 3,
                      .stride_height = 2,
                      .stride_width = 3,
                      .padding_height = 0,
                      .padding_width = 1};
    oblong.input = Layout::plain(oblong.input_shape());
    specs.push_back(oblong);
  }
  return specs;
}

std::string describe(const Pool2dSpec& spec) {
  return (spec.kind == PoolKind::max ? "max " : "average ") + spec.input_shape().to_string() +
         " to " + spec.output_shape().to_string();
}

class Pool2dTest : public OnEveryBackend {};

TEST_P(Pool2dTest, ByHand) {
  const Values input{1, 2, 3, 4, 8, 6, 7, 5, 9};
  expect_agree(run(bench, pool(PoolKind::max, 1, 1, 3, 3, 2, 1), input, {1, 10, 100, 1000}),
               {{8, 8, 8, 9}, {0, 0, 0, 0, 111, 0, 0, 0, 1000}});
  expect_agree(run(bench, pool(PoolKind::average, 1, 1, 3, 3, 3, 1), input, {9}),
               {{5}, {1, 1, 1, 1, 1, 1, 1, 1, 1}});
}

TEST_P(Pool2dTest, PaddingNeitherWinsNorCounts) {
  const Values input{-1, -2, -3, -4};
  expect_agree(run(bench, pool(PoolKind::max, 1, 1, 2, 2, 2, 2, 1), input, {1, 2, 3, 4}),
               {{-1, -2, -3, -4}, {1, 2, 3, 4}});
  expect_agree(run(bench, pool(PoolKind::average, 1, 1, 2, 2, 2, 2, 1), input, {1, 2, 3, 4}),
               {{-1, -2, -3, -4}, {1, 2, 3, 4}});
}

TEST_P(Pool2dTest, AgreesWithReference) {
  for (Pool2dSpec spec : test_specs())
    for (const Activation activation : {Activation::none, Activation::relu}) {
      spec.activation = activation;
      SCOPED_TRACE(describe(spec));
      const Values input = random_values(spec.input_shape().elements(), 1);
      const Values dy = random_values(spec.output_shape().elements(), 2);
      expect_agree(run(bench, spec, input, dy), run(reference, spec, input, dy));
      if (HasFatalFailure()) return;
    }
}

// After a ReLU most windows tie at 0.
TEST_P(Pool2dTest, TiesGoToTheFirst) {
  for (const Pool2dSpec& spec : test_specs()) {
    SCOPED_TRACE(describe(spec));
    Values input = random_values(spec.input_shape().elements(), 1, -2, 3);
    for (float& x : input) x = std::max(std::floor(x), 0.0f);
    const Values dy = random_values(spec.output_shape().elements(), 2);
    expect_agree(run(bench, spec, input, dy), run(reference, spec, input, dy));
  }
}

TEST_P(Pool2dTest, KeepsNaN) {
  for (const Pool2dSpec& spec : test_specs()) {
    SCOPED_TRACE(describe(spec));
    Values input = random_values(spec.input_shape().elements(), 1);
    for (std::size_t i = 0; i < input.size(); i += 7) input[i] = nan_value;
    const Values dy(static_cast<std::size_t>(spec.output_shape().elements()));
    const Values actual = run(bench, spec, input, dy).output;
    const Values expected = run(reference, spec, input, dy).output;
    for (std::size_t i = 0; i < actual.size(); ++i)
      ASSERT_EQ(std::isnan(actual[i]), std::isnan(expected[i])) << i;
  }
}

TEST_P(Pool2dTest, InferenceAgreesWithTrainingAndKeepsNothing) {
  for (Pool2dSpec spec : test_specs()) {
    const Values input = random_values(spec.input_shape().elements(), 1);
    const Values dy(static_cast<std::size_t>(spec.output_shape().elements()));
    const Values training = run(bench, spec, input, dy).output;
    spec.pass = Pass::inference;
    expect_close(run(bench, spec, input, dy).output, training, 1e-6, 1e-7, "output");
    EXPECT_EQ(bench.kernels().make_pool2d(bench.device(), spec)->saved_bytes(), 0u);
  }
}

TEST_P(Pool2dTest, TakesTheLayoutOfAConvolution) {
  for (Pool2dSpec spec : test_specs()) {
    SCOPED_TRACE(describe(spec));
    Conv2dSpec before{.batch = spec.batch,
                      .in_channels = 8,
                      .in_height = spec.in_height,
                      .in_width = spec.in_width,
                      .out_channels = spec.channels};
    before.input = Layout::plain(before.input_shape());
    const Values input = random_values(spec.input_shape().elements(), 1);
    const Values dy = random_values(spec.output_shape().elements(), 2);
    const PoolResult expected = run(reference, spec, input, dy);
    spec.input = bench.kernels().make_conv2d(bench.device(), before)->output_layout();
    expect_agree(run(bench, spec, input, dy), expected);
  }
}

TEST(Pool2dReference, GradientsMatchFiniteDifferences) {
  const Bench bench = make_bench("reference");
  for (const PoolKind kind : {PoolKind::max, PoolKind::average})
    for (const Activation activation : {Activation::none, Activation::relu}) {
      Pool2dSpec spec = pool(kind, 2, 2, 5, 4, 3, 2, 1);
      spec.activation = activation;
      Values input = random_values(spec.input_shape().elements(), 1);
      const Values dy = random_values(spec.output_shape().elements(), 2);
      const PoolResult result = run(bench, spec, input, dy);
      expect_gradient(
          input, result.input_gradient, [&] { return dot(run(bench, spec, input, dy).output, dy); },
          1e-3f, 1e-3, "input");
    }
}

DTRAIN_ON_EVERY_BACKEND(Pool2dTest);

}  // namespace
}  // namespace dtrain::kernels
