// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
// The cuda backend with elements of 16 bits, on a GPU. Values are rounded before they are given to both
// backends, so that what differs is what the ops themselves round.

#include "kernels/functors.hpp"
#include "tests/kernels/affine.hpp"

namespace dtrain::kernels {
namespace {

struct Narrow {
  const char* name;
  ElementType type;
  double tolerance;  ///< a few units in the last place of the largest element
};

class NarrowOps : public ::testing::TestWithParam<Narrow> {
 protected:
  void SetUp() override {
    if (!missing.empty()) GTEST_SKIP() << missing;
  }
  Bench make() const {
    if (!missing.empty()) return make_bench("reference");
    return Bench(CudaModule(DTRAIN_CUDA_MODULE).make_backend({.type = GetParam().type}));
  }
  /// `layout` of an op of this backend: its elements are as wide as GetParam() says.
  Values rounded(const Values& values, const Layout& layout) const {
    return bench.download(bench.upload(values, layout)->floats(), layout);
  }
  void expect_agree(const AffineResult& actual, const AffineResult& expected) const {
    const double tolerance = GetParam().tolerance;
    expect_close_sums(actual.output, expected.output, tolerance, "output");
    expect_close_sums(actual.input_gradient, expected.input_gradient, tolerance, "input gradient");
    expect_close_sums(actual.weight_gradient, expected.weight_gradient, tolerance,
                      "weight gradient");
    expect_close_sums(actual.bias_gradient, expected.bias_gradient, tolerance, "bias gradient");
  }

  const std::string missing = why_not("cuda");
  const Bench bench = make(), reference = make_bench("reference");
};

Conv2dSpec convolution(std::int64_t in, std::int64_t size, std::int64_t out, std::int64_t stride) {
  Conv2dSpec spec{.batch = 5,
                  .in_channels = in,
                  .in_height = size,
                  .in_width = size,
                  .out_channels = out,
                  .kernel_height = 3,
                  .kernel_width = 3,
                  .stride_height = stride,
                  .stride_width = stride,
                  .padding_height = 1,
                  .padding_width = 1};
  spec.input = Layout::plain(spec.input_shape());
  return spec;
}

TEST_P(NarrowOps, ReordersRoundToNearest) {
  const auto op = bench.kernels().make_conv2d(bench.device(), convolution(6, 9, 8, 1));
  const Layout layout = op->input_layout();
  EXPECT_EQ(layout.bytes(), 2 * static_cast<std::size_t>(layout.shape().elements()));
  const Values values = random_values(layout.shape().elements(), 1, -3, 3);
  const Values back = rounded(values, layout);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (GetParam().type == ElementType::bfloat16)
      ASSERT_EQ(back[i], WidenBf16{}(RoundToBf16{}(values[i])));
    else
      ASSERT_NEAR(back[i], values[i], std::abs(values[i]) / 2048 + 1e-7);
  }
}

TEST_P(NarrowOps, ConvolutionAgreesWithReference) {
  for (Conv2dSpec spec : {convolution(3, 32, 64, 1), convolution(16, 8, 32, 2),
                          convolution(5, 7, 7, 1), convolution(1, 28, 6, 1)})
    for (const bool has_bias : {true, false})
      for (const Activation activation : {Activation::none, Activation::relu}) {
        spec.has_bias = has_bias;
        spec.activation = activation;
        SCOPED_TRACE(spec.input_shape().to_string());
        const auto op = bench.kernels().make_conv2d(bench.device(), spec);
        const AffineValues values{
            rounded(random_values(spec.input_shape().elements(), 1), op->input_layout()),
            random_values(spec.weight_shape().elements(), 2, -0.5f, 0.5f),
            random_values(has_bias ? spec.out_channels : 0, 3),
            rounded(random_values(spec.output_shape().elements(), 4), op->output_layout())};
        const auto exact = reference.kernels().make_conv2d(reference.device(), spec);
        expect_agree(run_affine(bench, op, spec, values),
                     run_affine(reference, exact, spec, values));
        if (HasFatalFailure()) return;
      }
}

TEST_P(NarrowOps, LinearAgreesWithReference) {
  const auto specs = {
      LinearSpec{.batch = 64, .input_shape = {784}, .out_features = 256},
      LinearSpec{.batch = 7, .input_shape = {16, 5, 5}, .out_features = 10},
  };
  for (LinearSpec spec : specs)
    for (const Activation activation : {Activation::none, Activation::relu}) {
      spec.input = Layout::plain(spec.input_shape.with_batch(spec.batch));
      spec.activation = activation;
      SCOPED_TRACE(spec.input.shape().to_string());
      const auto op = bench.kernels().make_linear(bench.device(), spec);
      const AffineValues values{
          rounded(random_values(spec.batch * spec.in_features(), 1), op->input_layout()),
          random_values(spec.weight_shape().elements(), 2, -0.5f, 0.5f),
          random_values(spec.out_features, 3), random_values(spec.batch * spec.out_features, 4)};
      const auto exact = reference.kernels().make_linear(reference.device(), spec);
      expect_agree(run_affine(bench, op, spec, values), run_affine(reference, exact, spec, values));
      if (HasFatalFailure()) return;
    }
}

INSTANTIATE_TEST_SUITE_P(, NarrowOps,
                         ::testing::Values(Narrow{"bf16", ElementType::bfloat16, 0.02},
                                           Narrow{"fp16", ElementType::float16, 0.0025}),
                         [](const auto& narrow) { return std::string(narrow.param.name); });

}  // namespace
}  // namespace dtrain::kernels
