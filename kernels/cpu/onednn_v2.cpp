// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// oneDNN 2: an operation descriptor, then a primitive descriptor.

#include "kernels/cpu/onednn.hpp"

namespace dtrain::kernels::cpu {

namespace {

dnnl::prop_kind forward_kind(Pass pass) {
  return pass == Pass::training ? dnnl::prop_kind::forward_training
                                : dnnl::prop_kind::forward_inference;
}

}  // namespace

Blocking blocking_of(const Descriptor& descriptor) {
  const dnnl_memory_desc_t& data = descriptor.data;
  DTRAIN_ASSERT(data.format_kind == dnnl_blocked);
  const dnnl_blocking_desc_t& blocking = data.format_desc.blocking;
  const auto n = data.ndims;
  const auto blocks = blocking.inner_nblks;
  return {.dims = Dims(data.dims, data.dims + n),
          .padded_dims = Dims(data.padded_dims, data.padded_dims + n),
          .strides = Dims(blocking.strides, blocking.strides + n),
          .inner_blocks = Dims(blocking.inner_blks, blocking.inner_blks + blocks),
          .inner_axes = Dims(blocking.inner_idxs, blocking.inner_idxs + blocks)};
}

AffinePrimitives plan_convolution(const Engine& on, const AffineDescriptors& d,
                                  const ConvolutionGeometry& g, Activation activation, Pass pass,
                                  bool needs_input_gradient) {
  constexpr auto direct = dnnl::algorithm::convolution_direct;
  const dnnl::convolution_forward::primitive_desc forward(
      dnnl::convolution_forward::desc(forward_kind(pass), direct, d.input, d.weight, d.bias,
                                      d.output, g.strides, g.padding_begin, g.padding_end),
      make_attributes(activation), on.engine);
  AffinePrimitives plan{.forward = forward, .backward_data = {}, .backward_weights = {}};
  if (pass == Pass::inference) return plan;

  if (needs_input_gradient) {
    plan.backward_data = dnnl::convolution_backward_data::primitive_desc(
        dnnl::convolution_backward_data::desc(direct, d.input, d.weight, d.output, g.strides,
                                              g.padding_begin, g.padding_end),
        make_attributes(), on.engine, forward);
  }
  plan.backward_weights = dnnl::convolution_backward_weights::primitive_desc(
      dnnl::convolution_backward_weights::desc(direct, d.input, d.weight, d.bias, d.output,
                                               g.strides, g.padding_begin, g.padding_end),
      make_attributes(), on.engine, forward);
  return plan;
}

AffinePrimitives plan_inner_product(const Engine& on, const AffineDescriptors& d,
                                    Activation activation, Pass pass, bool needs_input_gradient) {
  const dnnl::inner_product_forward::primitive_desc forward(
      dnnl::inner_product_forward::desc(forward_kind(pass), d.input, d.weight, d.bias, d.output),
      make_attributes(activation), on.engine);
  AffinePrimitives plan{.forward = forward, .backward_data = {}, .backward_weights = {}};
  if (pass == Pass::inference) return plan;

  if (needs_input_gradient) {
    plan.backward_data = dnnl::inner_product_backward_data::primitive_desc(
        dnnl::inner_product_backward_data::desc(forward.src_desc(), d.weight, forward.dst_desc()),
        make_attributes(), on.engine, forward);
  }
  plan.backward_weights = dnnl::inner_product_backward_weights::primitive_desc(
      dnnl::inner_product_backward_weights::desc(forward.src_desc(), d.weight, d.bias,
                                                 forward.dst_desc()),
      make_attributes(), on.engine, forward);
  return plan;
}

dnnl::primitive_attr make_attributes(Activation activation) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (activation == Activation::relu) {
    dnnl::post_ops post;
    post.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
    attributes.set_post_ops(post);
  }
  return attributes;
}

}  // namespace dtrain::kernels::cpu
