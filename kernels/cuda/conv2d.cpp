// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/conv2d.hpp"

#include <algorithm>
#include <optional>

#include "kernels/cuda/bias.hpp"
#include "kernels/cuda/device.hpp"
#include "kernels/cuda/layout.hpp"
#include "kernels/cuda/ops.hpp"
#include "kernels/cuda/scratch.hpp"

namespace dtrain::kernels::cuda {
namespace {

void* writable(const float* data) {
  return const_cast<float*>(data);  // cuDNN takes all pointers alike
}

/// Bias and ReLU fused into the convolution where cuDNN has an engine for that, else in a kernel of
/// our own. Scratch: an engine's workspace, or the partial sums of the bias gradient.
class CudnnConv2d final : public Conv2d {
 public:
  CudnnConv2d(CudaDevice& device, const Conv2dSpec& spec)
      : device_(device),
        activation_(spec.activation),
        rows_(spec.batch * spec.out_height() * spec.out_width()),
        channels_(spec.out_channels),
        forward_(plan_forward(device.convolutions(), spec)) {
    input_layout_ = channels_last(spec.input_shape());
    output_layout_ = channels_last(spec.output_shape());
    weight_layout_ = channels_last(spec.weight_shape());
    DTRAIN_ASSERT(!spec.weight || *spec.weight == weight_layout_);
    std::size_t workspace = forward_.workspace_bytes();
    if (spec.pass == Pass::training) {
      plan_backward(device.convolutions(), spec);
      if (spec.has_bias) workspace = std::max(workspace, bias_scratch_bytes(rows_, channels_));
      workspace = std::max(workspace, backward_filter_->workspace_bytes());
      if (backward_data_) workspace = std::max(workspace, backward_data_->workspace_bytes());
    }
    ScratchAreas areas;
    areas.add(workspace);
    scratch_bytes_ = areas.bytes();
  }

  void forward(const Forward& f, Stream& stream) override {
    run(forward_,
        {.input = writable(f.input),
         .filter = writable(f.weight),
         .bias = writable(f.bias),
         .output = f.output},
        f.scratch, stream);
    if (!is_fused_) add_bias(activation_, rows_, channels_, f.bias, f.output, stream);
  }

  void backward(const Backward& b, Stream& stream) override {
    finish_output_gradient(activation_, rows_, channels_, b.output, b.output_gradient,
                           b.bias_gradient, b.scratch, stream);
    if (b.weight_gradient != nullptr)
      run(*backward_filter_,
          {.input = writable(b.input), .filter = b.weight_gradient, .output = b.output_gradient},
          b.scratch, stream);
    if (b.input_gradient != nullptr)
      run(*backward_data_,
          {.input = b.input_gradient, .filter = writable(b.weight), .output = b.output_gradient},
          b.scratch, stream);
  }

 private:
  ConvolutionRun plan_forward(ConvolutionPlanner& planner, const Conv2dSpec& spec) {
    const bool rectifies = spec.activation == Activation::relu;
    const ConvolutionPart fused =
        spec.has_bias
            ? (rectifies ? ConvolutionPart::forward_bias_relu : ConvolutionPart::forward_bias)
            : (rectifies ? ConvolutionPart::forward_relu : ConvolutionPart::forward);
    if (auto plan = planner.try_plan(spec, fused)) return ConvolutionRun(std::move(plan));
    is_fused_ = false;
    return ConvolutionRun(planner.plan(spec, ConvolutionPart::forward));
  }

  void plan_backward(ConvolutionPlanner& planner, const Conv2dSpec& spec) {
    backward_filter_.emplace(planner.plan(spec, ConvolutionPart::backward_filter));
    if (spec.needs_input_gradient)
      backward_data_.emplace(planner.plan(spec, ConvolutionPart::backward_data));
  }

  void run(ConvolutionRun& convolution, const ConvolutionTensors& tensors, void* scratch,
           Stream& stream) {
    check(cudnnSetStream(device_.cudnn(), raw(stream)), "cudnnSetStream");
    convolution.run(device_.cudnn(), tensors, ScratchAreas::at(scratch, 0));
  }

  CudaDevice& device_;
  Activation activation_;
  std::int64_t rows_, channels_;  ///< of the output, as a matrix
  bool is_fused_ = true;          ///< before forward_, which sets it
  ConvolutionRun forward_;
  std::optional<ConvolutionRun> backward_data_, backward_filter_;
};

}  // namespace

std::unique_ptr<Conv2d> make_conv2d(Device& device, const Conv2dSpec& spec) {
  return std::make_unique<CudnnConv2d>(static_cast<CudaDevice&>(device), spec);
}

}  // namespace dtrain::kernels::cuda
