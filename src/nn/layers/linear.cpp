// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// {"type": "linear", "units": 512, "bias": true}, "units": "classes" for as many as the dataset
// has. An image is flattened in the order (C, H, W).

#include "nn/attributes.hpp"
#include "nn/layers/layers.hpp"

namespace dtrain::nn {
namespace {

using tensor::Initializer;
using tensor::ParameterRole;

LayerDescription describe(const nlohmann::json& json, std::span<const Shape> inputs,
                          const InputSpec& data) {
  Attributes attributes(json);
  const std::int64_t units =
      attributes.is_text("units", "classes") ? data.classes : attributes.integer("units", 1);
  const bool has_bias = attributes.flag("bias", true);
  attributes.expect_no_others();

  const std::int64_t fan_in = single_input(inputs).elements();
  const Shape weight{units, fan_in};
  LayerDescription description;
  description.output_shape = {units};
  description.forward_madds = checked_elements(weight, "a weight");
  description.parameters.push_back({"weight", weight, ParameterRole::trainable,
                                    Initializer::he_normal, fan_in, /*decays=*/true});
  if (has_bias)
    description.parameters.push_back({"bias", Shape{units}, ParameterRole::trainable,
                                      Initializer::uniform_fan_in, fan_in, /*decays=*/false});
  return description;
}

class LinearLayer : public Layer {
 public:
  explicit LinearLayer(const LayerPlan& plan)
      : has_bias_(plan.spec.parameters.size() == 2),
        is_fused_(plan.fused != kernels::Activation::none) {
    kernels::LinearSpec spec;
    spec.batch = plan.batch;
    spec.input_shape = Shape(plan.inputs[0].shape().extents().subspan(1));
    spec.out_features = plan.spec.output_shape[0];
    spec.has_bias = has_bias_;
    spec.activation = plan.fused;
    spec.pass = plan.pass;
    spec.needs_input_gradient = plan.needs_input_gradient;
    spec.input = plan.inputs[0];
    if (!plan.parameters.empty()) spec.weight = plan.parameters[0];
    bias_layout_ = kernels::Layout::plain({spec.out_features});
    op_ = plan.backend.kernels->make_linear(*plan.backend.device, spec);
  }

  kernels::Layout input_layout(int) const override { return op_->input_layout(); }
  kernels::Layout output_layout() const override { return op_->output_layout(); }
  std::vector<kernels::Layout> parameter_layouts() const override {
    if (!has_bias_) return {op_->weight_layout()};
    return {op_->weight_layout(), bias_layout_};
  }
  bool needs_input() const override { return true; }
  bool needs_output() const override { return is_fused_; }
  bool clobbers_output_gradient() const override { return is_fused_; }
  std::size_t saved_bytes() const override { return op_->saved_bytes(); }
  std::size_t scratch_bytes() const override { return op_->scratch_bytes(); }

  void forward(const ForwardArgs& args) override {
    op_->forward(
        {args.inputs[0], args.parameters[0].value, has_bias_ ? args.parameters[1].value : nullptr,
         args.output, args.saved, args.scratch},
        args.stream);
  }

  void backward(const BackwardArgs& args) override {
    op_->backward({args.inputs[0], args.parameters[0].value, args.output, args.output_gradient,
                   args.input_gradients[0], args.parameters[0].gradient,
                   has_bias_ ? args.parameters[1].gradient : nullptr, args.saved, args.scratch},
                  args.stream);
  }

 private:
  bool has_bias_, is_fused_;
  kernels::Layout bias_layout_;
  std::unique_ptr<kernels::Linear> op_;
};

std::unique_ptr<Layer> make(const LayerPlan& plan) {
  return std::make_unique<LinearLayer>(plan);
}

}  // namespace

LayerType linear_type() {
  return {.name = "linear",
          .describe = describe,
          .make = make,
          .fuses_relu = true,
          .flattens_input = true};
}

}  // namespace dtrain::nn
