// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// The planned ops run on the loops of the best instruction set, and their tests compare those with the
// reference. Here every other instruction set is compared with the best one.

#include "kernels/cpu/loops.hpp"

#include "tests/kernels/harness.hpp"

namespace dtrain::kernels {
namespace {

using cpu::InstructionSet;
using cpu::Loops;

class CpuLoops : public ::testing::TestWithParam<InstructionSet> {
 protected:
  const Loops& best = cpu::loops(cpu::best_instruction_set());
  const Loops& loops = cpu::loops(GetParam());
};

std::vector<InstructionSet> supported_sets() {
  std::vector<InstructionSet> sets;
  for (InstructionSet set :
       {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512})
    if (cpu::is_supported(set)) sets.push_back(set);
  return sets;
}

/// Few and many, in whole vectors and not.
const std::vector<std::int64_t> lane_counts{1, 3, 4, 6, 8, 12, 16, 20, 32};

TEST_P(CpuLoops, Pooling) {
  struct Window {
    std::int64_t side, stride, padding;
  };
  for (const std::int64_t lanes : lane_counts)
    for (const Window shape : {Window{2, 2, 0}, Window{3, 2, 1}, Window{2, 1, 0}, Window{3, 3, 0}})
      for (const std::int64_t bytes : {1, 4}) {
        const std::int64_t in = 7, out = (in + 2 * shape.padding - shape.side) / shape.stride + 1;
        const cpu::PoolWindow window{.in_height = in,
                                     .in_width = in,
                                     .out_height = out,
                                     .out_width = out,
                                     .height = shape.side,
                                     .width = shape.side,
                                     .stride_height = shape.stride,
                                     .stride_width = shape.stride,
                                     .padding_height = shape.padding,
                                     .padding_width = shape.padding,
                                     .lanes = lanes,
                                     .bytes_per_position = shape.side == 2 ? 1 : bytes,
                                     .relu = true};
        Values input = random_values(in * in * lanes, 1);
        input[5 * static_cast<std::size_t>(lanes)] = nan_value;
        const Values gradient = random_values(out * out * lanes, 2);
        const auto run = [&](const Loops& on) {
          std::vector<unsigned char> positions(gradient.size() * 4);
          std::vector<Values> results(4, Values(gradient.size()));
          results[1].resize(input.size());
          results[3].resize(input.size());
          on.max_pool(window, input.data(), results[0].data(), positions.data());
          on.max_pool_backward(window, results[0].data(), gradient.data(), positions.data(),
                               results[1].data());
          on.average_pool(window, input.data(), results[2].data());
          on.average_pool_backward(window, results[2].data(), gradient.data(), results[3].data());
          return results;
        };
        const auto actual = run(loops), expected = run(best);
        for (std::size_t i = 0; i < expected.size(); ++i)
          expect_close(actual[i], expected[i], 1e-6, 1e-6, "result " + std::to_string(i));
      }
}

TEST_P(CpuLoops, BatchNorm) {
  for (const std::int64_t lanes : lane_counts)
    for (const std::int64_t pixels : {1, 2, 7, 32}) {
      const cpu::PlaneExtent extent{pixels, lanes};
      const Values x = random_values(pixels * lanes, 1),
                   gradient = random_values(pixels * lanes, 2);
      const auto run = [&](const Loops& on) {
        Values mean(x.size()), squares(x.size()), y(x.size()), dy = gradient, dx(x.size());
        Values sum(x.size()), centred(x.size());
        on.moments(extent, x.data(), mean.data(), squares.data());
        on.normalise(extent, true, x.data(), mean.data(), gradient.data(), x.data(), y.data());
        on.gradient_sums(extent, x.data(), mean.data(), y.data(), dy.data(), sum.data(),
                         centred.data());
        on.combine(extent, dy.data(), x.data(), mean.data(), sum.data(), centred.data(), dx.data());
        return std::vector{mean, squares, y, dy, sum, centred, dx};
      };
      const auto actual = run(loops), expected = run(best);
      for (std::size_t i = 0; i < expected.size(); ++i)
        expect_close_sums(actual[i], expected[i], 1e-5, "result " + std::to_string(i), 1);
    }
}

TEST_P(CpuLoops, NarrowConvolution) {
  struct Case {
    std::int64_t in, out, size, kernel, stride, padding;
  };
  for (const Case c : {Case{3, 6, 12, 5, 1, 0}, Case{6, 16, 9, 5, 1, 2}, Case{1, 1, 3, 1, 1, 0},
                       Case{2, 7, 8, 3, 2, 1}, Case{5, 13, 6, 3, 1, 1}, Case{2, 3, 9, 7, 1, 3}}) {
    const std::int64_t out = (c.size + 2 * c.padding - c.kernel) / c.stride + 1;
    const cpu::NarrowConvolution shape{.in_channels = c.in,
                                       .in_height = c.size,
                                       .in_width = c.size,
                                       .out_channels = c.out,
                                       .out_height = out,
                                       .out_width = out,
                                       .kernel_height = c.kernel,
                                       .kernel_width = c.kernel,
                                       .stride_height = c.stride,
                                       .stride_width = c.stride,
                                       .padding_height = c.padding,
                                       .padding_width = c.padding,
                                       .relu = true};
    const std::int64_t lanes = cpu::sample_lanes, taps = c.kernel * c.kernel;
    const Values input = random_values(c.in * c.size * c.size * lanes, 1);
    const Values weight = random_values(c.out * c.in * taps, 2), bias = random_values(c.out, 3);
    const Values gradient = random_values(c.out * out * out * lanes, 4);
    const auto run = [&](const Loops& on) {
      Values packed(weight.size()), output(gradient.size()), bias_sums(lanes),
          sums(weight.size() * static_cast<std::size_t>(lanes));
      on.narrow_pack(shape, {c.in * taps, taps, c.kernel, 1}, weight.data(), packed.data());
      for (std::int64_t row = 0; row < out; ++row)
        on.narrow_forward(shape, row, input.data(), packed.data(), bias.data(), output.data());
      for (std::int64_t o = 0; o < c.out; o += cpu::narrow_gradient_channels)
        for (std::int64_t i = 0; i < c.in; ++i)
          on.narrow_weight_gradient(
              shape, o, std::min<std::int64_t>(c.out - o, cpu::narrow_gradient_channels), i,
              input.data(), gradient.data(), sums.data());
      on.narrow_bias_gradient(shape, gradient.data(), bias_sums.data());
      return std::vector{output, sums, bias_sums};
    };
    const auto actual = run(loops), expected = run(best);
    for (std::size_t i = 0; i < expected.size(); ++i)
      expect_close_sums(actual[i], expected[i], 1e-5, "result " + std::to_string(i));
  }
}

INSTANTIATE_TEST_SUITE_P(, CpuLoops, ::testing::ValuesIn(supported_sets()),
                         [](const auto& set) { return std::string(cpu::to_string(set.param)); });

}  // namespace
}  // namespace dtrain::kernels
