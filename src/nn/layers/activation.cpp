// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// {"type": "relu"}, {"type": "gelu"}, {"type": "sigmoid"}, {"type": "tanh"}: elementwise functions.
// Most ReLUs never become a layer: the planner folds them into the layer before.

#include "nn/attributes.hpp"
#include "nn/layers/layers.hpp"

namespace dtrain::nn {
namespace {

using kernels::Activation;

LayerDescription describe(const nlohmann::json& json, std::span<const Shape> inputs,
                          const InputSpec&) {
  Attributes(json).expect_no_others();
  return {.output_shape = single_input(inputs), .parameters = {}, .forward_madds = 0};
}

class ActivationLayer : public Layer {
 public:
  ActivationLayer(Activation activation, const LayerPlan& plan)
      : table_(*plan.backend.kernels), activation_(activation), layout_(plan.inputs[0]) {
    // Padding must stay zero, and sigmoid(0) is not.
    if (activation == Activation::sigmoid && layout_.is_padded())
      layout_ = kernels::Layout::plain(layout_.shape());
  }

  kernels::Layout input_layout(int) const override { return layout_; }
  kernels::Layout output_layout() const override { return layout_; }
  bool needs_input() const override { return kernels::derivative_needs_input(activation_); }
  bool needs_output() const override { return !kernels::derivative_needs_input(activation_); }
  bool forward_in_place() const override { return true; }
  bool backward_in_place() const override { return true; }

  void forward(const ForwardArgs& args) override {
    table_.activation_forward(activation_, layout_.elements(), args.inputs[0], args.output,
                              args.stream);
  }
  void backward(const BackwardArgs& args) override {
    table_.activation_backward(activation_, layout_.elements(),
                               needs_input() ? args.inputs[0] : args.output, args.output_gradient,
                               args.input_gradients[0], args.stream);
  }

 private:
  const kernels::KernelTable& table_;
  Activation activation_;
  kernels::Layout layout_;
};

template <Activation activation>
std::unique_ptr<Layer> make(const LayerPlan& plan) {
  return std::make_unique<ActivationLayer>(activation, plan);
}

}  // namespace

LayerType relu_type() {
  return {.name = "relu", .describe = describe, .make = make<Activation::relu>};
}

LayerType gelu_type() {
  return {.name = "gelu", .describe = describe, .make = make<Activation::gelu>};
}

LayerType sigmoid_type() {
  return {.name = "sigmoid", .describe = describe, .make = make<Activation::sigmoid>};
}

LayerType tanh_type() {
  return {.name = "tanh", .describe = describe, .make = make<Activation::tanh>};
}

}  // namespace dtrain::nn
