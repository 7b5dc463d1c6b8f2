// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// {"type": "max_pool", "window": 2, "stride": 2, "padding": 0}, "stride" is "window" unless given;
// "average_pool" likewise; {"type": "global_average_pool"} gives (C, 1, 1).

#include "base/error.hpp"
#include "nn/attributes.hpp"
#include "nn/layers/layers.hpp"

namespace dtrain::nn {
namespace {

/// The pooling of one sample of shape (C, H, W). `type`: the row's name.
kernels::Pool2dSpec read(std::string_view type, const nlohmann::json& json, const Shape& input) {
  Attributes attributes(json);
  kernels::Pool2dSpec spec;
  spec.kind = type == "max_pool" ? kernels::PoolKind::max : kernels::PoolKind::average;
  spec.batch = 1;
  spec.channels = input[0];
  spec.in_height = input[1];
  spec.in_width = input[2];
  Extent2d window{input[1], input[2]}, stride = window, padding;
  if (type != "global_average_pool") {
    window = attributes.extent("window", 1, Extent2d{2, 2});
    stride = attributes.extent("stride", 1, window);
    padding = attributes.extent("padding", 0, Extent2d{0, 0});
  }
  attributes.expect_no_others();

  spec.window_height = window.height;
  spec.window_width = window.width;
  spec.stride_height = stride.height;
  spec.stride_width = stride.width;
  spec.padding_height = padding.height;
  spec.padding_width = padding.width;
  return spec;
}

template <const char* type>
LayerDescription describe(const nlohmann::json& json, std::span<const Shape> inputs,
                          const InputSpec&) {
  const kernels::Pool2dSpec spec = read(type, json, image_input(inputs));
  if (2 * spec.padding_height > spec.window_height || 2 * spec.padding_width > spec.window_width)
    throw InputError(fmt::format("\"padding\" {}x{} is more than half of the {}x{} window",
                                 spec.padding_height, spec.padding_width, spec.window_height,
                                 spec.window_width));
  if (spec.in_height + 2 * spec.padding_height < spec.window_height ||
      spec.in_width + 2 * spec.padding_width < spec.window_width)
    throw InputError(
        fmt::format("a {}x{} window does not fit the {}x{} image; the dataset's images "
                    "are too small for this model",
                    spec.window_height, spec.window_width, spec.in_height, spec.in_width));
  LayerDescription description;
  description.output_shape = {spec.channels, spec.out_height(), spec.out_width()};
  return description;
}

class PoolLayer : public Layer {
 public:
  explicit PoolLayer(const LayerPlan& plan) : is_fused_(plan.fused != kernels::Activation::none) {
    const Shape& batched = plan.inputs[0].shape();
    kernels::Pool2dSpec spec =
        read(plan.spec.type, plan.spec.attributes, {batched[1], batched[2], batched[3]});
    spec.batch = plan.batch;
    spec.activation = plan.fused;
    spec.pass = plan.pass;
    spec.input = plan.inputs[0];
    op_ = plan.backend.kernels->make_pool2d(*plan.backend.device, spec);
  }

  kernels::Layout input_layout(int) const override { return op_->input_layout(); }
  kernels::Layout output_layout() const override { return op_->output_layout(); }
  bool needs_input() const override { return false; }
  bool needs_output() const override { return is_fused_; }
  std::size_t saved_bytes() const override { return op_->saved_bytes(); }
  std::size_t scratch_bytes() const override { return op_->scratch_bytes(); }

  void forward(const ForwardArgs& args) override {
    op_->forward(args.inputs[0], args.output, args.saved, args.stream);
  }
  void backward(const BackwardArgs& args) override {
    op_->backward(args.output, args.output_gradient, args.input_gradients[0], args.saved,
                  args.stream);
  }

 private:
  bool is_fused_;
  std::unique_ptr<kernels::Pool2d> op_;
};

std::unique_ptr<Layer> make(const LayerPlan& plan) {
  return std::make_unique<PoolLayer>(plan);
}

constexpr char max_pool[] = "max_pool";
constexpr char average_pool[] = "average_pool";
constexpr char global_average_pool[] = "global_average_pool";

}  // namespace

LayerType max_pool_type() {
  return {.name = max_pool,
          .describe = describe<max_pool>,
          .make = make,
          .fuses_relu = true,
          .commutes_with_relu = true};
}

LayerType average_pool_type() {
  return {
      .name = average_pool, .describe = describe<average_pool>, .make = make, .fuses_relu = true};
}

LayerType global_average_pool_type() {
  return {.name = global_average_pool,
          .describe = describe<global_average_pool>,
          .make = make,
          .fuses_relu = true};
}

}  // namespace dtrain::nn
