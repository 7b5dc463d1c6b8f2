// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/linear.hpp"

#include "kernels/cpu/affine.hpp"
#include "kernels/cpu/planned_ops.hpp"

namespace dtrain::kernels::cpu {

namespace {

/// Rows of features. An image in blocks of channels is better reordered first (the caller sees to it)
/// than read in place: oneDNN's products over (C, H, W) are slower by more than that, and their
/// backward-data wants the weight transposed.
Affine plan(const LinearSpec& spec) {
  const Engine engine;
  const AffinePrimitives primitives =
      plan_inner_product(engine,
                         {.input = row_major({spec.batch, spec.in_features()}),
                          .weight = any_layout(to_dims(spec.weight_shape())),
                          .bias = spec.has_bias ? row_major({spec.out_features}) : Descriptor(),
                          .output = row_major({spec.batch, spec.out_features})},
                         spec.activation, spec.pass, spec.needs_input_gradient);
  return Affine(engine, primitives, spec.activation, spec.weight, to_dims(spec.weight_shape()));
}

class OnednnLinear final : public Linear {
 public:
  explicit OnednnLinear(const LinearSpec& spec) : affine_(plan(spec)) {
    input_layout_ = Layout::plain(spec.input.shape());
    output_layout_ = Layout::plain({spec.batch, spec.out_features});
    weight_layout_ = make_layout(spec.weight_shape(), affine_.weight());
    scratch_bytes_ = affine_.scratch_bytes();
  }
  void forward(const Forward& args, Stream&) override { affine_.forward(args); }
  void backward(const Backward& args, Stream& stream) override { affine_.backward(args, stream); }

 private:
  Affine affine_;
};

}  // namespace

std::unique_ptr<Linear> make_linear(Device&, const LinearSpec& spec) {
  return std::make_unique<OnednnLinear>(spec);
}

}  // namespace dtrain::kernels::cpu
