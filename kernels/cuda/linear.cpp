// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/linear.hpp"

#include <algorithm>

#include "kernels/cuda/bias.hpp"
#include "kernels/cuda/cast.hpp"
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

/// y (N, out) = x (N, in) * W^T, with W (out, in). y and dy are float32; where products are of 16 bits
/// x and dx are too, W is copied for them in forward, dy in backward.
class CublasLinear final : public Linear {
 public:
  CublasLinear(CudaDevice& device, const LinearSpec& spec)
      : type_(device.options().type),
        activation_(spec.activation),
        keeps_weight_(spec.pass == Pass::training),
        batch_(spec.batch),
        inputs_(spec.in_features()),
        outputs_(spec.out_features) {
    weight_layout_ = choose_weight_layout(spec);
    const Shape input = spec.input_shape.with_batch(spec.batch);
    input_layout_ =
        weight_layout_.is_plain() ? row_major(input, type_) : channels_last(input, type_);
    output_layout_ = Layout::plain({spec.batch, spec.out_features});

    std::size_t workspace = plan_forward(device, spec);
    if (spec.pass == Pass::training) workspace = std::max(workspace, plan_backward(device, spec));
    ScratchAreas areas;
    areas.add(workspace);  // at 0
    if (is_narrow()) {
      const std::size_t weight_bytes =
          bytes_of(type_) * static_cast<std::size_t>(inputs_ * outputs_);
      if (keeps_weight_)
        saved_bytes_ = weight_bytes;
      else
        weight_copy_ = areas.add(weight_bytes);
      gradient_copy_ = areas.add(bytes_of(type_) * static_cast<std::size_t>(batch_ * outputs_));
    }
    scratch_bytes_ = areas.bytes();
  }

  void forward(const Forward& f, Stream& stream) override {
    const void* weight = f.weight;
    if (is_narrow()) {
      void* copy = keeps_weight_ ? f.saved : ScratchAreas::at(f.scratch, weight_copy_);
      narrow({inputs_ * outputs_, type_}, f.weight, copy, stream);
      weight = copy;
    }
    forward_->run(f.input, weight, const_cast<float*>(f.bias), f.output,
                  ScratchAreas::at(f.scratch, 0), stream);
    if (!is_fused_)
      add_bias(activation_, ElementType::float32, batch_, outputs_, f.bias, f.output, stream);
  }

  void backward(const Backward& b, Stream& stream) override {
    void* workspace = ScratchAreas::at(b.scratch, 0);
    finish_output_gradient(activation_, ElementType::float32, batch_, outputs_, b.output,
                           b.output_gradient, weight_sums_bias_ ? nullptr : b.bias_gradient,
                           workspace, stream);
    const void *weight = b.weight, *output_gradient = b.output_gradient;
    if (is_narrow()) {
      void* copy = ScratchAreas::at(b.scratch, gradient_copy_);
      narrow({batch_ * outputs_, type_}, b.output_gradient, copy, stream);
      output_gradient = copy;
      weight = b.saved;
    }
    if (b.weight_gradient != nullptr)
      backward_weight_->run(output_gradient, b.input, b.bias_gradient, b.weight_gradient, workspace,
                            stream);
    if (b.input_gradient != nullptr)
      backward_data_->run(output_gradient, weight, nullptr, b.input_gradient, workspace, stream);
  }

 private:
  bool is_narrow() const { return type_ != ElementType::float32; }

  static MatmulEpilogue epilogue(const LinearSpec& spec) {
    const bool rectifies = spec.activation == Activation::relu;
    if (spec.has_bias) return rectifies ? MatmulEpilogue::bias_relu : MatmulEpilogue::bias;
    return rectifies ? MatmulEpilogue::relu : MatmulEpilogue::none;
  }

  /// These return the workspace that they want.
  std::size_t plan_forward(CudaDevice& device, const LinearSpec& spec) {
    MatmulSpec product{.rows = batch_,
                       .columns = outputs_,
                       .inner = inputs_,
                       .right_transposed = true,
                       .epilogue = epilogue(spec),
                       .type = type_};
    forward_ = Matmul::try_make(device, product);
    is_fused_ = forward_ != nullptr;
    if (!is_fused_) {
      product.epilogue = MatmulEpilogue::none;
      forward_ = make_matmul(device, product);
    }
    return forward_->workspace_bytes();
  }

  std::size_t plan_backward(CudaDevice& device, const LinearSpec& spec) {
    // dW (out, in) = dy^T * x. With a ReLU the mask has to pass over dy anyway, and sums the bias.
    MatmulSpec product{.rows = outputs_,
                       .columns = inputs_,
                       .inner = batch_,
                       .left_transposed = true,
                       .epilogue = MatmulEpilogue::left_sums,
                       .type = type_};
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
    backward_data_ = make_matmul(
        device,
        {.rows = batch_, .columns = inputs_, .inner = outputs_, .type = type_, .out_type = type_});
    return std::max(workspace, backward_data_->workspace_bytes());
  }

  ElementType type_;  ///< of what products read
  Activation activation_;
  bool keeps_weight_;  ///< its copy, for backward
  std::int64_t batch_, inputs_, outputs_;
  bool is_fused_ = true, weight_sums_bias_ = false;
  std::unique_ptr<Matmul> forward_, backward_weight_, backward_data_;
  std::size_t weight_copy_ = 0, gradient_copy_ = 0;  ///< places in the scratch memory
};

}  // namespace

std::unique_ptr<Linear> make_linear(Device& device, const LinearSpec& spec) {
  return std::make_unique<CublasLinear>(static_cast<CudaDevice&>(device), spec);
}

}  // namespace dtrain::kernels::cuda
