// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/conv2d.hpp"

#include <string_view>

#include "kernels/cpu/affine.hpp"
#include "kernels/cpu/narrow_conv2d.hpp"
#include "kernels/cpu/planned_ops.hpp"

namespace dtrain::kernels::cpu {

namespace {

Dims weight_dims(const Conv2dSpec& spec) {
  if (spec.groups == 1) return to_dims(spec.weight_shape());
  return {spec.groups, spec.out_channels / spec.groups, spec.in_channels / spec.groups,
          spec.kernel_height, spec.kernel_width};
}

ConvolutionGeometry geometry(const Conv2dSpec& spec) {
  // Rows (columns) below (right of) the image that the last window reaches; negative where a stride
  // leaves some of the image unread.
  const auto padding_end = [](std::int64_t in, std::int64_t out, std::int64_t kernel,
                              std::int64_t stride, std::int64_t padding) {
    return (out - 1) * stride + kernel - in - padding;
  };
  return {.strides = {spec.stride_height, spec.stride_width},
          .padding_begin = {spec.padding_height, spec.padding_width},
          .padding_end = {padding_end(spec.in_height, spec.out_height(), spec.kernel_height,
                                      spec.stride_height, spec.padding_height),
                          padding_end(spec.in_width, spec.out_width(), spec.kernel_width,
                                      spec.stride_width, spec.padding_width)}};
}

bool is_reference(const dnnl::primitive_desc& primitive) {
  return primitive && std::string_view(primitive.impl_info_str()).starts_with("ref");
}

/// Layouts are forward's choice, except an input in which backward-data would fall back to oneDNN's
/// plain loops: a thousand times slower.
Affine plan(const Conv2dSpec& spec) {
  const Engine engine;
  AffineDescriptors d{.input = any_layout(to_dims(spec.input_shape())),
                      .weight = any_layout(weight_dims(spec)),
                      .bias = spec.has_bias ? row_major({spec.out_channels}) : Descriptor(),
                      .output = any_layout(to_dims(spec.output_shape()))};
  const auto plan_with = [&](const AffineDescriptors& descriptors) {
    return plan_convolution(engine, descriptors, geometry(spec), spec.activation, spec.pass,
                            spec.needs_input_gradient);
  };
  const AffinePrimitives choice = plan_with(d);
  d.input = argument_of(choice.forward, DNNL_ARG_SRC);
  d.output = argument_of(choice.forward, DNNL_ARG_DST);
  AffinePrimitives primitives = plan_with(d);
  if (is_reference(primitives.backward_data)) {
    d.input = argument_of(choice.backward_data, DNNL_ARG_DIFF_SRC);
    primitives = plan_with(d);
  }
  return Affine(engine, primitives, spec.activation, spec.weight, weight_dims(spec));
}

class OnednnConv2d final : public Conv2d {
 public:
  explicit OnednnConv2d(const Conv2dSpec& spec) : affine_(plan(spec)) {
    input_layout_ = make_layout(spec.input_shape(), affine_.input());
    output_layout_ = make_layout(spec.output_shape(), affine_.output());
    weight_layout_ = make_layout(spec.weight_shape(), affine_.weight());
    scratch_bytes_ = affine_.scratch_bytes();
  }
  void forward(const Forward& args, Stream&) override { affine_.forward(args); }
  void backward(const Backward& args, Stream& stream) override { affine_.backward(args, stream); }

 private:
  Affine affine_;
};

}  // namespace

std::unique_ptr<Conv2d> make_conv2d(Device&, const Conv2dSpec& spec) {
  if (is_narrow(spec)) return make_narrow_conv2d(spec);
  return std::make_unique<OnednnConv2d>(spec);
}

}  // namespace dtrain::kernels::cpu
