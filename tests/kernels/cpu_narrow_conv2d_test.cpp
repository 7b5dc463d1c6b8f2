// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/cpu/narrow_conv2d.hpp"

#include "tests/kernels/harness.hpp"

namespace dtrain::kernels {
namespace {

Conv2dSpec conv(std::int64_t batch, std::int64_t in, std::int64_t height, std::int64_t width,
                std::int64_t out, std::int64_t kernel_height, std::int64_t kernel_width,
                std::int64_t stride, std::int64_t padding) {
  Conv2dSpec spec{.batch = batch,
                  .in_channels = in,
                  .in_height = height,
                  .in_width = width,
                  .out_channels = out,
                  .kernel_height = kernel_height,
                  .kernel_width = kernel_width,
                  .stride_height = stride,
                  .stride_width = stride,
                  .padding_height = std::min(padding, kernel_height - 1),
                  .padding_width = std::min(padding, kernel_width - 1)};
  spec.input = Layout::plain(spec.input_shape());
  return spec;
}

struct Result {
  Values output, input_gradient, weight_gradient, bias_gradient;
};

/// Download checks that the lanes of samples that do not exist stay zero.
Result run(const Bench& bench, Conv2d& op, const Conv2dSpec& spec) {
  const Layout weights = op.weight_layout(), biases = Layout::plain({spec.out_channels});
  const auto input =
      bench.upload(random_values(spec.input_shape().elements(), 1), op.input_layout());
  const auto weight = bench.upload(random_values(spec.weight_shape().elements(), 2), weights);
  const auto bias = bench.upload(random_values(spec.out_channels, 3), biases);
  const auto output = bench.poisoned(op.output_layout().bytes());
  const auto scratch = bench.workspace(op.scratch_bytes());
  op.forward({input->floats(), weight->floats(), spec.has_bias ? bias->floats() : nullptr,
              output->floats(), nullptr, data_of(scratch)},
             bench.stream());

  const auto output_gradient =
      bench.upload(random_values(spec.output_shape().elements(), 4), op.output_layout());
  const auto input_gradient = bench.poisoned(op.input_layout().bytes());
  const auto weight_gradient = bench.poisoned(weights.bytes());
  const auto bias_gradient = bench.poisoned(biases.bytes());
  if (scratch) bench.poison(*scratch);
  op.backward(
      {input->floats(), weight->floats(), output->floats(), output_gradient->floats(),
       spec.needs_input_gradient ? input_gradient->floats() : nullptr, weight_gradient->floats(),
       spec.has_bias ? bias_gradient->floats() : nullptr, nullptr, data_of(scratch)},
      bench.stream());
  Result result;
  result.output = bench.download(output->floats(), op.output_layout());
  if (spec.needs_input_gradient)
    result.input_gradient = bench.download(input_gradient->floats(), op.input_layout());
  result.weight_gradient = bench.download(weight_gradient->floats(), weights);
  if (spec.has_bias) result.bias_gradient = bench.download(bias_gradient->floats(), biases);
  return result;
}

void expect_agrees_with_reference(const Conv2dSpec& spec) {
  SCOPED_TRACE(spec.input_shape().to_string() + " by " + spec.weight_shape().to_string());
  const Bench cpu = make_bench("cpu"), reference = make_bench("reference");
  const Result actual = run(cpu, *cpu::make_narrow_conv2d(spec), spec);
  const Result expected =
      run(reference, *reference.kernels().make_conv2d(reference.device(), spec), spec);
  expect_close_sums(actual.output, expected.output, 1e-5, "output");
  expect_close_sums(actual.input_gradient, expected.input_gradient, 1e-5, "input gradient");
  expect_close_sums(actual.weight_gradient, expected.weight_gradient, 1e-5, "weight gradient");
  expect_close_sums(actual.bias_gradient, expected.bias_gradient, 1e-5, "bias gradient");
}

TEST(CpuNarrowConv2d, AgreesWithReferenceAtEveryBatchSize) {
  for (const std::int64_t batch : {1, 15, 16, 17, 33})
    expect_agrees_with_reference(conv(batch, 3, 7, 6, 5, 3, 3, 1, 1));
}

TEST(CpuNarrowConv2d, AgreesWithReferenceAtEveryNumberOfChannels) {
  for (std::int64_t channels = 1; channels <= 19; channels += 2)
    expect_agrees_with_reference(conv(3, channels, 5, 5, 20 - channels, 3, 3, 1, 1));
}

TEST(CpuNarrowConv2d, AgreesWithReferenceAtEveryKernelWidthAndPadding) {
  for (std::int64_t kernel = 1; kernel <= 8; ++kernel)
    for (const std::int64_t padding : {std::int64_t{0}, kernel / 2, kernel - 1})
      expect_agrees_with_reference(conv(2, 2, 8, 9, 3, (kernel + 1) / 2, kernel, 1, padding));
}

TEST(CpuNarrowConv2d, AgreesWithReferenceAtStrides) {
  for (const std::int64_t stride : {2, 3})
    for (const std::int64_t padding : {0, 1, 2})
      for (const std::int64_t size : {7, 8, 9})
        expect_agrees_with_reference(conv(17, 3, size, size + 1, 4, 3, 3, stride, padding));
}

TEST(CpuNarrowConv2d, AgreesWithReferenceWhereTheKernelIsLargerThanTheImage) {
  expect_agrees_with_reference(conv(2, 2, 2, 3, 3, 5, 5, 1, 2));
  expect_agrees_with_reference(conv(2, 2, 1, 1, 3, 3, 3, 1, 1));
}

TEST(CpuNarrowConv2d, WithReluWithoutBiasOrInputGradient) {
  Conv2dSpec spec = conv(18, 3, 9, 9, 6, 5, 5, 1, 2);
  spec.activation = Activation::relu;
  expect_agrees_with_reference(spec);
  spec.has_bias = false;
  spec.needs_input_gradient = false;
  expect_agrees_with_reference(spec);
}

TEST(CpuNarrowConv2d, ResultsDoNotDependOnTheNumberOfThreads) {
  Conv2dSpec spec = conv(40, 3, 12, 12, 6, 5, 5, 1, 0);
  const auto run_with = [&](int threads) {
    const Bench bench(make_cpu_backend(threads));
    return run(bench, *cpu::make_narrow_conv2d(spec), spec);
  };
  const Result one = run_with(1), many = run_with(5);
  expect_same_bits(many.output, one.output, "output");
  expect_same_bits(many.input_gradient, one.input_gradient, "input gradient");
  expect_same_bits(many.weight_gradient, one.weight_gradient, "weight gradient");
  expect_same_bits(many.bias_gradient, one.bias_gradient, "bias gradient");
}

TEST(CpuNarrowConv2d, IsChosenWhereBlocksOfChannelsWouldBePadding) {
  Conv2dSpec first = conv(64, 3, 32, 32, 6, 5, 5, 1, 0);  // lenet
  first.needs_input_gradient = false;
  EXPECT_TRUE(cpu::is_narrow(first));
  EXPECT_TRUE(cpu::is_narrow(conv(64, 6, 14, 14, 16, 5, 5, 1, 0)));
  EXPECT_FALSE(cpu::is_narrow(conv(64, 64, 16, 16, 128, 3, 3, 1, 1)));  // cnn
  first.out_channels = 64;
  EXPECT_FALSE(cpu::is_narrow(first));

  Conv2dSpec grouped = conv(64, 8, 8, 8, 8, 3, 3, 1, 1);
  grouped.groups = 2;
  EXPECT_FALSE(cpu::is_narrow(grouped));
}

/// Ops that follow keep the layout, so that nothing is reordered on the way.
TEST(CpuNarrowConv2d, PoolingAndBatchNormKeepItsLayout) {
  const Conv2dSpec spec = conv(17, 3, 8, 8, 6, 3, 3, 1, 1);
  const Bench bench = make_bench("cpu"), reference = make_bench("reference");
  const Layout images = cpu::make_narrow_conv2d(spec)->output_layout();

  BatchNormSpec norm{.batch = 17, .channels = 6, .height = 8, .width = 8};
  norm.input = images;
  EXPECT_EQ(bench.kernels().make_batch_norm(bench.device(), norm)->input_layout(), images);

  for (const PoolKind kind : {PoolKind::max, PoolKind::average})
    for (const std::int64_t window : {2, 3}) {
      const Values input = random_values(spec.output_shape().elements(), 5);
      const auto run_on = [&](const Bench& on, const Layout& layout) {
        Pool2dSpec pool{.kind = kind,
                        .batch = 17,
                        .channels = 6,
                        .in_height = 8,
                        .in_width = 8,
                        .window_height = window,
                        .window_width = window,
                        .activation = Activation::relu};
        pool.input = layout;
        const auto op = on.kernels().make_pool2d(on.device(), pool);
        EXPECT_EQ(op->input_layout(), layout);
        const auto x = on.upload(input, layout);
        const auto y = on.poisoned(op->output_layout().bytes());
        const auto saved = on.workspace(op->saved_bytes());
        op->forward(x->floats(), y->floats(), data_of(saved), on.stream());
        const auto dy =
            on.upload(random_values(pool.output_shape().elements(), 6), op->output_layout());
        const auto dx = on.poisoned(layout.bytes());
        op->backward(y->floats(), dy->floats(), dx->floats(), data_of(saved), on.stream());
        return std::pair(on.download(y->floats(), op->output_layout()),
                         on.download(dx->floats(), layout));
      };
      const auto [output, gradient] = run_on(bench, images);
      const auto [expected, expected_gradient] =
          run_on(reference, Layout::plain(spec.output_shape()));
      expect_close_sums(output, expected, 1e-6, "output");
      expect_close_sums(gradient, expected_gradient, 1e-6, "input gradient");
    }
}

}  // namespace
}  // namespace dtrain::kernels
