// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// {"type": "batch_norm", "epsilon": 1e-5}: normalises each channel of an image, or each feature.
// Parameters as PyTorch names them: weight (gamma), bias (beta), running_mean, running_var.

#include "nn/attributes.hpp"
#include "nn/layers/layers.hpp"

namespace dtrain::nn {
namespace {

using tensor::Initializer;
using tensor::ParameterRole;

double read_epsilon(const nlohmann::json& json) {
  Attributes attributes(json);
  const double epsilon = attributes.number("epsilon", 1e-12, 1.0, 1e-5);
  attributes.expect_no_others();
  return epsilon;
}

LayerDescription describe(const nlohmann::json& json, std::span<const Shape> inputs,
                          const InputSpec&) {
  read_epsilon(json);
  const Shape& input = single_input(inputs);
  const Shape channels{input[0]};
  LayerDescription description;
  description.output_shape = input;
  description.parameters = {
      {"weight", channels, ParameterRole::trainable, Initializer::ones, 1, /*decays=*/false},
      {"bias", channels, ParameterRole::trainable, Initializer::zeros, 1, /*decays=*/false},
      {"running_mean", channels, ParameterRole::statistic, Initializer::zeros, 1, /*decays=*/false},
      {"running_var", channels, ParameterRole::statistic, Initializer::ones, 1, /*decays=*/false}};
  return description;
}

class BatchNormLayer : public Layer {
 public:
  explicit BatchNormLayer(const LayerPlan& plan)
      : table_(*plan.backend.kernels),
        pass_(plan.pass),
        is_fused_(plan.fused != kernels::Activation::none) {
    const Shape& input = plan.inputs[0].shape();
    kernels::BatchNormSpec spec;
    spec.batch = plan.batch;
    spec.channels = channels_ = input[1];
    if (input.rank() == 4) {
      spec.height = input[2];
      spec.width = input[3];
    }
    spec.epsilon = static_cast<float>(read_epsilon(plan.spec.attributes));
    spec.activation = plan.fused;
    spec.pass = plan.pass;
    spec.input = input.rank() == 4 ? plan.inputs[0] : kernels::Layout::plain(spec.shape());
    op_ = plan.backend.kernels->make_batch_norm(*plan.backend.device, spec);
    observations_offset_ = (op_->saved_bytes() + 63) / 64 * 64;
  }

  kernels::Layout input_layout(int) const override { return op_->input_layout(); }
  kernels::Layout output_layout() const override { return op_->output_layout(); }
  std::vector<kernels::Layout> parameter_layouts() const override {
    return std::vector(4, kernels::Layout::plain({channels_}));
  }
  bool needs_input() const override { return true; }
  bool needs_output() const override { return is_fused_; }
  bool backward_in_place() const override { return true; }
  bool clobbers_output_gradient() const override { return is_fused_; }
  /// The op's own, then the observed mean and variance.
  std::size_t saved_bytes() const override {
    if (pass_ == kernels::Pass::inference) return op_->saved_bytes();
    return observations_offset_ + 2 * static_cast<std::size_t>(channels_) * sizeof(float);
  }
  std::size_t scratch_bytes() const override { return op_->scratch_bytes(); }

  void forward(const ForwardArgs& args) override {
    const auto [gamma, beta, mean, variance] = views(args.parameters);
    const bool observes = pass_ == kernels::Pass::training;
    float* observed = observes ? observations(args.saved) : nullptr;
    op_->forward(
        {args.inputs[0], gamma.value, beta.value, observes ? observed : mean.value,
         observes ? observed + channels_ : variance.value, args.output, args.saved, args.scratch},
        args.stream);
  }

  void backward(const BackwardArgs& args) override {
    const auto [gamma, beta, mean, variance] = views(args.parameters);
    op_->backward(
        {args.inputs[0], gamma.value, args.output, args.output_gradient, args.input_gradients[0],
         gamma.gradient, beta.gradient, args.saved, args.scratch},
        args.stream);
    const float* observed = observations(const_cast<void*>(args.saved));
    observe(args, observed, mean.gradient);
    observe(args, observed + channels_, variance.gradient);
  }

 private:
  struct Views {
    const ParameterView &gamma, &beta, &mean, &variance;
  };
  static Views views(std::span<const ParameterView> parameters) {
    return {parameters[0], parameters[1], parameters[2], parameters[3]};
  }
  float* observations(void* saved) const {
    return reinterpret_cast<float*>(static_cast<std::byte*>(saved) + observations_offset_);
  }
  /// slot = pass_weight * observed
  void observe(const BackwardArgs& args, const float* observed, float* slot) const {
    table_.fill(channels_, 0.0f, slot, args.stream);
    table_.add_scaled(channels_, args.context.pass_weight, observed, slot, args.stream);
  }

  const kernels::KernelTable& table_;
  kernels::Pass pass_;
  bool is_fused_;
  std::int64_t channels_ = 0;
  std::unique_ptr<kernels::BatchNorm> op_;
  std::size_t observations_offset_ = 0;
};

std::unique_ptr<Layer> make(const LayerPlan& plan) {
  return std::make_unique<BatchNormLayer>(plan);
}

}  // namespace

LayerType batch_norm_type() {
  return {.name = "batch_norm", .describe = describe, .make = make, .fuses_relu = true};
}

}  // namespace dtrain::nn
