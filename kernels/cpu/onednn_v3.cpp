// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// oneDNN 3: a primitive descriptor alone.

#include "kernels/cpu/onednn.hpp"

namespace dtrain::kernels::cpu {

namespace {

dnnl::prop_kind forward_kind(Pass pass) {
  return pass == Pass::training ? dnnl::prop_kind::forward_training
                                : dnnl::prop_kind::forward_inference;
}

}  // namespace

Blocking blocking_of(const Descriptor& descriptor) {
  DTRAIN_ASSERT(descriptor.get_format_kind() == dnnl::memory::format_kind::blocked);
  return {.dims = descriptor.get_dims(),
          .padded_dims = descriptor.get_padded_dims(),
          .strides = descriptor.get_strides(),
          .inner_blocks = descriptor.get_inner_blks(),
          .inner_axes = descriptor.get_inner_idxs()};
}

AffinePrimitives plan_convolution(const Engine& on, const AffineDescriptors& d,
                                  const ConvolutionGeometry& g, Activation activation, Pass pass,
                                  bool needs_input_gradient) {
  constexpr auto direct = dnnl::algorithm::convolution_direct;
  const dnnl::convolution_forward::primitive_desc forward(
      on.engine, forward_kind(pass), direct, d.input, d.weight, d.bias, d.output, g.strides,
      g.padding_begin, g.padding_end, make_attributes(activation));
  AffinePrimitives plan{.forward = forward, .backward_data = {}, .backward_weights = {}};
  if (pass == Pass::inference) return plan;

  if (needs_input_gradient) {
    plan.backward_data = dnnl::convolution_backward_data::primitive_desc(
        on.engine, direct, d.input, d.weight, d.output, g.strides, g.padding_begin, g.padding_end,
        forward, make_attributes());
  }
  plan.backward_weights = dnnl::convolution_backward_weights::primitive_desc(
      on.engine, direct, d.input, d.weight, d.bias, d.output, g.strides, g.padding_begin,
      g.padding_end, forward, make_attributes());
  return plan;
}

AffinePrimitives plan_inner_product(const Engine& on, const AffineDescriptors& d,
                                    Activation activation, Pass pass, bool needs_input_gradient) {
  const dnnl::inner_product_forward::primitive_desc forward(on.engine, forward_kind(pass), d.input,
                                                            d.weight, d.bias, d.output,
                                                            make_attributes(activation));
  AffinePrimitives plan{.forward = forward, .backward_data = {}, .backward_weights = {}};
  if (pass == Pass::inference) return plan;

  if (needs_input_gradient) {
    plan.backward_data = dnnl::inner_product_backward_data::primitive_desc(
        on.engine, forward.src_desc(), d.weight, forward.dst_desc(), forward, make_attributes());
  }
  plan.backward_weights = dnnl::inner_product_backward_weights::primitive_desc(
      on.engine, forward.src_desc(), d.weight, d.bias, forward.dst_desc(), forward,
      make_attributes());
  return plan;
}

dnnl::primitive_attr make_attributes(Activation activation) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (activation == Activation::relu) {
    dnnl::post_ops post;
    post.append_eltwise(dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
    attributes.set_post_ops(post);
  }
  return attributes;
}

}  // namespace dtrain::kernels::cpu
