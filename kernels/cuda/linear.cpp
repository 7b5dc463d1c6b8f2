// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/linear.hpp"

#include <algorithm>

#include "kernels/cuda/bias.hpp"
#include "kernels/cuda/layout.hpp"
#include "kernels/cuda/matmul.hpp"
#include "kernels/cuda/ops.hpp"
#include "kernels/cuda/scratch.hpp"

namespace dtrain::kernels::cuda {
namespace {

/// An image with channels last is read as it lies: the weight's columns are in its order then.
Layout choose_weight_layout(const LinearSpec& spec) {
  if (spec.weight) return *spec.weight;
  if (spec.input.is_plain()) return Layout::plain(spec.weight_shape());
  return channels_last(spec.weight_shape(), image_of(spec.input));
}

/// y (N, out) = x (N, in) * W^T, with W (out, in). Scratch: a product's workspace, or the partial
/// sums of the bias gradient.
class CublasLinear final : public Linear {
 public:
  CublasLinear(CudaDevice& device, const LinearSpec& spec)
      : activation_(spec.activation), batch_(spec.batch), outputs_(spec.out_features) {
    weight_layout_ = choose_weight_layout(spec);
    const Shape input = spec.input_shape.with_batch(spec.batch);
    input_layout_ = weight_layout_.is_plain() ? Layout::plain(input) : channels_last(input);
    output_layout_ = Layout::plain({spec.batch, spec.out_features});

    const MatmulSpec product{.rows = batch_,
                             .columns = outputs_,
                             .inner = spec.in_features(),
                             .right_transposed = true,
                             .epilogue = epilogue(spec)};
    forward_ = Matmul::try_make(device, product);
    is_fused_ = forward_ != nullptr;
    if (!is_fused_) {
      MatmulSpec plain = product;
      plain.epilogue = MatmulEpilogue::none;
      forward_ = make_matmul(device, plain);
    }
    std::size_t workspace = forward_->workspace_bytes();
    if (spec.pass == Pass::training) workspace = std::max(workspace, plan_backward(device, spec));
    ScratchAreas areas;
    areas.add(workspace);
    scratch_bytes_ = areas.bytes();
  }

  void forward(const Forward& f, Stream& stream) override {
    forward_->run(f.input, f.weight, const_cast<float*>(f.bias), f.output,
                  ScratchAreas::at(f.scratch, 0), stream);
    if (!is_fused_) add_bias(activation_, batch_, outputs_, f.bias, f.output, stream);
  }

  void backward(const Backward& b, Stream& stream) override {
    void* workspace = ScratchAreas::at(b.scratch, 0);
    finish_output_gradient(activation_, batch_, outputs_, b.output, b.output_gradient,
                           weight_sums_bias_ ? nullptr : b.bias_gradient, workspace, stream);
    if (b.weight_gradient != nullptr)
      backward_weight_->run(b.output_gradient, b.input, b.bias_gradient, b.weight_gradient,
                            workspace, stream);
    if (b.input_gradient != nullptr)
      backward_data_->run(b.output_gradient, b.weight, nullptr, b.input_gradient, workspace,
                          stream);
  }

 private:
  static MatmulEpilogue epilogue(const LinearSpec& spec) {
    const bool rectifies = spec.activation == Activation::relu;
    if (spec.has_bias) return rectifies ? MatmulEpilogue::bias_relu : MatmulEpilogue::bias;
    return rectifies ? MatmulEpilogue::relu : MatmulEpilogue::none;
  }

  /// Returns the workspace that it wants.
  std::size_t plan_backward(CudaDevice& device, const LinearSpec& spec) {
    // dW (out, in) = dy^T * x. With a ReLU the mask has to pass over dy anyway, and sums the bias.
    MatmulSpec product{.rows = outputs_,
                       .columns = spec.in_features(),
                       .inner = batch_,
                       .left_transposed = true,
                       .epilogue = MatmulEpilogue::left_sums};
    if (spec.has_bias && activation_ == Activation::none)
      backward_weight_ = Matmul::try_make(device, product);
    weight_sums_bias_ = backward_weight_ != nullptr;
    std::size_t workspace = 0;
    if (!weight_sums_bias_) {
      product.epilogue = MatmulEpilogue::none;
      backward_weight_ = make_matmul(device, product);
      if (spec.has_bias) workspace = bias_scratch_bytes(batch_, outputs_);
    }
    workspace = std::max(workspace, backward_weight_->workspace_bytes());
    if (!spec.needs_input_gradient) return workspace;
    // dx (N, in) = dy * W
    backward_data_ =
        make_matmul(device, {.rows = batch_, .columns = spec.in_features(), .inner = outputs_});
    return std::max(workspace, backward_data_->workspace_bytes());
  }

  Activation activation_;
  std::int64_t batch_, outputs_;
  bool is_fused_ = true, weight_sums_bias_ = false;
  std::unique_ptr<Matmul> forward_, backward_weight_, backward_data_;
};

}  // namespace

std::unique_ptr<Linear> make_linear(Device& device, const LinearSpec& spec) {
  return std::make_unique<CublasLinear>(static_cast<CudaDevice&>(device), spec);
}

}  // namespace dtrain::kernels::cuda
