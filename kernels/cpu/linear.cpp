// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/linear.hpp"

#include "kernels/cpu/affine.hpp"
#include "kernels/cpu/planes.hpp"
#include "kernels/cpu/planned_ops.hpp"

namespace dtrain::kernels::cpu {

namespace {

bool is_in_blocks_of_channels(const LinearSpec& spec) {
  if (spec.input.is_plain()) return false;
  const std::optional<Planes> planes =
      planes_of(spec.input_shape.with_batch(spec.batch), spec.input);
  return planes && planes->kind == Planes::Lanes::channels;
}

/// An image in blocks of channels is read as it is, with a weight over (out, C, H, W); anything
/// else as rows of features. A weight that has a layout already settles which of the two it is.
Dims input_dims(const LinearSpec& spec) {
  if (spec.weight && !spec.weight->is_plain()) {
    Dims dims = blocking_of(descriptor_of(*spec.weight)).dims;
    dims[0] = spec.batch;
    return dims;
  }
  if (is_in_blocks_of_channels(spec)) return to_dims(spec.input_shape.with_batch(spec.batch));
  return {spec.batch, spec.in_features()};
}

Layout wanted_input(const LinearSpec& spec) {
  const bool as_it_is = input_dims(spec).size() == 4 && is_in_blocks_of_channels(spec);
  return as_it_is ? spec.input : Layout::plain(spec.input.shape());
}

Dims weight_dims(const LinearSpec& spec) {
  Dims dims = input_dims(spec);
  dims[0] = spec.out_features;
  return dims;
}

Affine plan(const LinearSpec& spec) {
  const Engine engine;
  const AffinePrimitives primitives =
      plan_inner_product(engine,
                         {.input = descriptor_of(wanted_input(spec), input_dims(spec)),
                          .weight = any_layout(weight_dims(spec)),
                          .bias = spec.has_bias ? row_major({spec.out_features}) : Descriptor(),
                          .output = row_major({spec.batch, spec.out_features})},
                         spec.activation, spec.pass, spec.needs_input_gradient);
  return Affine(engine, primitives, spec.activation, spec.weight, weight_dims(spec));
}

class OnednnLinear final : public Linear {
 public:
  explicit OnednnLinear(const LinearSpec& spec) : affine_(plan(spec)) {
    input_layout_ = wanted_input(spec);
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
