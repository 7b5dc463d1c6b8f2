// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/reorder.hpp"

#include "tests/kernels/harness.hpp"

namespace dtrain::kernels {
namespace {

class ReorderTest : public OnEveryBackend {
 protected:
  /// A convolution with `in` and `out` channels: its layouts are the backend's own.
  std::unique_ptr<Conv2d> convolution(std::int64_t in, std::int64_t out) {
    Conv2dSpec spec{.batch = 2,
                    .in_channels = in,
                    .in_height = 5,
                    .in_width = 6,
                    .out_channels = out,
                    .kernel_height = 3,
                    .kernel_width = 3,
                    .padding_height = 1,
                    .padding_width = 1};
    spec.input = Layout::plain(spec.input_shape());
    return bench.kernels().make_conv2d(bench.device(), spec);
  }
};

TEST_P(ReorderTest, ThereAndBackIsTheSame) {
  for (const std::int64_t channels : {1, 3, 6, 16, 20, 64}) {
    const auto op = convolution(channels, channels + 3);
    for (const Layout& layout : {op->input_layout(), op->output_layout(), op->weight_layout()}) {
      const Values values = random_values(layout.shape().elements(), 1);
      expect_same_bits(bench.download(bench.upload(values, layout)->floats(), layout), values,
                       layout.name());
    }
  }
}

TEST_P(ReorderTest, GoesBetweenAnyTwoLayoutsOfAShape) {
  const Layout a = convolution(20, 8)->input_layout(), b = convolution(8, 20)->output_layout();
  const Values values = random_values(a.shape().elements(), 1);
  const auto source = bench.upload(values, a);
  const auto target = bench.poisoned(b.bytes());
  const auto op = bench.kernels().make_reorder(bench.device(), a, b);
  op->run(source->floats(), target->floats(), bench.stream());
  expect_same_bits(bench.download(target->floats(), b), values, "reorder");
}

DTRAIN_ON_EVERY_BACKEND(ReorderTest);

}  // namespace
}  // namespace dtrain::kernels
