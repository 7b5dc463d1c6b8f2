// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// {"type": "add", "inputs": ["bn2", "shortcut"]}: the sum of a residual block. Its gradient goes to
// both inputs as it is, so backward moves nothing: the network lets both refer to the same memory.

#include "base/error.hpp"
#include "nn/attributes.hpp"
#include "nn/layers/layers.hpp"

namespace dtrain::nn {
namespace {

LayerDescription describe(const nlohmann::json& json, std::span<const Shape> inputs,
                          const InputSpec&) {
  Attributes(json).expect_no_others();
  if (inputs.size() != 2)
    throw InputError(
        fmt::format("takes two inputs, gets {}; give \"inputs\": [\"a\", \"b\"]", inputs.size()));
  if (inputs[0] != inputs[1])
    throw InputError(fmt::format("adds {} to {}; both inputs must have the same shape",
                                 inputs[0].to_string(), inputs[1].to_string()));
  return {.output_shape = inputs[0], .parameters = {}, .forward_madds = 0};
}

class AddLayer : public Layer {
 public:
  explicit AddLayer(const LayerPlan& plan)
      : table_(*plan.backend.kernels),
        relu_(plan.fused == kernels::Activation::relu),
        layout_(plan.inputs[plan.inputs[0].is_plain() ? 1 : 0]) {}

  kernels::Layout input_layout(int) const override { return layout_; }
  kernels::Layout output_layout() const override { return layout_; }
  bool needs_input() const override { return false; }
  bool needs_output() const override { return relu_; }
  bool forward_in_place() const override { return true; }
  bool clobbers_output_gradient() const override { return relu_; }
  bool shares_output_gradient() const override { return true; }

  void forward(const ForwardArgs& args) override {
    table_.add(relu_ ? kernels::AddActivation::relu : kernels::AddActivation::none,
               layout_.elements(), args.inputs[0], args.inputs[1], args.output, args.stream);
  }
  void backward(const BackwardArgs& args) override {
    if (relu_)
      table_.activation_backward(kernels::Activation::relu, layout_.elements(), args.output,
                                 args.output_gradient, args.output_gradient, args.stream);
  }

 private:
  const kernels::KernelTable& table_;
  bool relu_;
  kernels::Layout layout_;
};

std::unique_ptr<Layer> make(const LayerPlan& plan) {
  return std::make_unique<AddLayer>(plan);
}

}  // namespace

LayerType add_type() {
  return {.name = "add", .describe = describe, .make = make, .fuses_relu = true};
}

}  // namespace dtrain::nn
