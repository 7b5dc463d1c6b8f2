// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <memory>
#include <utility>

#include "kernels/affine_op.hpp"
#include "nn/layer.hpp"

namespace dtrain::nn {

/// Convolution and linear, around their op.
class AffineLayer : public Layer {
 public:
  AffineLayer(std::unique_ptr<kernels::AffineOp> op, const LayerPlan& plan)
      : op_(std::move(op)),
        parameter_layouts_{op_->weight_layout()},
        is_fused_(plan.fused != kernels::Activation::none) {
    if (plan.spec.parameters.size() == 2)
      parameter_layouts_.push_back(kernels::Layout::plain(plan.spec.parameters[1].shape));
  }

  kernels::Layout input_layout(int) const override { return op_->input_layout(); }
  kernels::Layout output_layout() const override { return op_->output_layout(); }
  std::vector<kernels::Layout> parameter_layouts() const override { return parameter_layouts_; }
  bool needs_input() const override { return true; }
  bool needs_output() const override { return is_fused_; }
  bool clobbers_output_gradient() const override { return is_fused_; }
  std::size_t saved_bytes() const override { return op_->saved_bytes(); }
  std::size_t scratch_bytes() const override { return op_->scratch_bytes(); }

  void forward(const ForwardArgs& args) override {
    const auto [weight, bias] = views(args.parameters);
    op_->forward({args.inputs[0], weight.value, bias.value, args.output, args.saved, args.scratch},
                 args.stream);
  }

  void backward(const BackwardArgs& args) override {
    const auto [weight, bias] = views(args.parameters);
    op_->backward(
        {args.inputs[0], weight.value, args.output, args.output_gradient, args.input_gradients[0],
         weight.gradient, bias.gradient, args.saved, args.scratch},
        args.stream);
  }

 private:
  struct Views {
    ParameterView weight, bias;  ///< null pointers without bias
  };
  static Views views(std::span<const ParameterView> parameters) {
    return {parameters[0], parameters.size() == 2 ? parameters[1] : ParameterView{}};
  }

  std::unique_ptr<kernels::AffineOp> op_;
  std::vector<kernels::Layout> parameter_layouts_;
  bool is_fused_;
};

}  // namespace dtrain::nn
