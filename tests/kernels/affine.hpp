// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What the tests of convolution and linear share.

#include <memory>

#include "kernels/affine_op.hpp"
#include "tests/kernels/harness.hpp"

namespace dtrain::kernels {

struct AffineValues {
  Values input, weight, bias, output_gradient;
};

struct AffineResult {
  Values output, input_gradient, weight_gradient, bias_gradient;
};

/// Forward and backward of `op`, made from `spec`; the input comes in the layout that the op asks for.
template <class Spec>
AffineResult run_affine(const Bench& bench, const std::unique_ptr<AffineOp>& op, const Spec& spec,
                        const AffineValues& values) {
  const Layout& weights = op->weight_layout();
  const Layout biases = Layout::plain({spec.weight_shape()[0]});
  const auto input = bench.upload(values.input, op->input_layout());
  const auto weight = bench.upload(values.weight, weights);
  const auto bias = spec.has_bias ? bench.upload(values.bias, biases) : nullptr;
  const auto output = bench.poisoned(op->output_layout().bytes());
  const auto saved = bench.workspace(op->saved_bytes());
  const auto scratch = bench.workspace(op->scratch_bytes());

  AffineResult result;
  op->forward({input->floats(), weight->floats(), floats_of(bias), output->floats(), data_of(saved),
               data_of(scratch)},
              bench.stream());
  result.output = bench.download(output->floats(), op->output_layout());
  if (spec.pass == Pass::inference) return result;

  if (scratch) bench.poison(*scratch);
  const auto output_gradient = bench.upload(values.output_gradient, op->output_layout());
  const auto input_gradient =
      spec.needs_input_gradient ? bench.poisoned(op->input_layout().bytes()) : nullptr;
  const auto weight_gradient = bench.poisoned(weights.bytes());
  const auto bias_gradient = spec.has_bias ? bench.poisoned(biases.bytes()) : nullptr;
  op->backward({input->floats(), weight->floats(), output->floats(), output_gradient->floats(),
                floats_of(input_gradient), weight_gradient->floats(), floats_of(bias_gradient),
                data_of(saved), data_of(scratch)},
               bench.stream());
  if (input_gradient)
    result.input_gradient = bench.download(input_gradient->floats(), op->input_layout());
  result.weight_gradient = bench.download(weight_gradient->floats(), weights);
  if (bias_gradient) result.bias_gradient = bench.download(bias_gradient->floats(), biases);
  return result;
}

inline void expect_agree(const AffineResult& actual, const AffineResult& expected) {
  constexpr double tolerance = 1e-5;
  expect_close_sums(actual.output, expected.output, tolerance, "output");
  expect_close_sums(actual.input_gradient, expected.input_gradient, tolerance, "input gradient");
  expect_close_sums(actual.weight_gradient, expected.weight_gradient, tolerance, "weight gradient");
  expect_close_sums(actual.bias_gradient, expected.bias_gradient, tolerance, "bias gradient");
}

}  // namespace dtrain::kernels
