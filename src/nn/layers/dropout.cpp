// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// {"type": "dropout", "rate": 0.5}. The mask is a function of (seed, step, sample, layer), so that
// it does not depend on ranks; it is drawn again in backward instead of being kept.

#include "base/hash.hpp"
#include "nn/attributes.hpp"
#include "nn/layers/layers.hpp"

namespace dtrain::nn {
namespace {

float read_rate(const nlohmann::json& json) {
  Attributes attributes(json);
  const double rate = attributes.number("rate", 0.0, 1.0, 0.5);
  attributes.expect_no_others();
  return static_cast<float>(rate);
}

LayerDescription describe(const nlohmann::json& json, std::span<const Shape> inputs,
                          const InputSpec&) {
  read_rate(json);
  return {.output_shape = single_input(inputs), .parameters = {}, .forward_madds = 0};
}

class DropoutLayer : public Layer {
 public:
  explicit DropoutLayer(const LayerPlan& plan)
      : table_(*plan.backend.kernels),
        batch_(plan.batch),
        rate_(read_rate(plan.spec.attributes)),
        key_(static_cast<std::uint32_t>(hash64(plan.spec.name))),
        layout_(kernels::Layout::plain(plan.inputs[0].shape())) {}

  kernels::Layout input_layout(int) const override { return layout_; }
  kernels::Layout output_layout() const override { return layout_; }
  bool needs_input() const override { return false; }
  bool needs_output() const override { return false; }
  bool forward_in_place() const override { return true; }
  bool backward_in_place() const override { return true; }
  bool depends_on_step() const override { return true; }

  void forward(const ForwardArgs& args) override {
    mask(args.context, args.inputs[0], args.output, args.stream);
  }
  void backward(const BackwardArgs& args) override {
    mask(args.context, args.output_gradient, args.input_gradients[0], args.stream);
  }

 private:
  void mask(const StepContext& context, const float* input, float* output,
            kernels::Stream& stream) const {
    DTRAIN_ASSERT(static_cast<std::int64_t>(context.sample_ids.size()) == batch_);
    kernels::DropoutArgs args;
    args.rows = batch_;
    args.features = layout_.floats() / batch_;
    args.rate = rate_;
    args.seed = context.seed;
    args.layer = key_;
    args.step = static_cast<std::uint32_t>(context.step);
    args.sample_ids = context.sample_ids.data();
    table_.dropout(args, input, output, stream);
  }

  const kernels::KernelTable& table_;
  std::int64_t batch_;
  float rate_;
  std::uint32_t key_;
  kernels::Layout layout_;
};

std::unique_ptr<Layer> make(const LayerPlan& plan) {
  return std::make_unique<DropoutLayer>(plan);
}

}  // namespace

LayerType dropout_type() {
  return {.name = "dropout",
          .describe = describe,
          .make = make,
          .passes_through = PassesThrough::in_inference};
}

}  // namespace dtrain::nn
