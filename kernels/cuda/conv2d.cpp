// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/conv2d.hpp"

#include <algorithm>
#include <optional>

#include "kernels/cuda/bias.hpp"
#include "kernels/cuda/cast.hpp"
#include "kernels/cuda/device.hpp"
#include "kernels/cuda/layout.hpp"
#include "kernels/cuda/ops.hpp"
#include "kernels/cuda/scratch.hpp"

namespace dtrain::kernels::cuda {
namespace {

void* writable(const void* data) {
  return const_cast<void*>(data);  // cuDNN takes all pointers alike
}

/// Bias and ReLU fused into the convolution where cuDNN has an engine for that, else in a kernel of
/// our own. Where images are of 16 bits weight and bias are copied for the engines in forward, and the
/// weight's gradient, which cuDNN sums in float32, passes through 16 bits too, as in PyTorch's autocast.
class CudnnConv2d final : public Conv2d {
 public:
  CudnnConv2d(CudaDevice& device, const Conv2dSpec& spec)
      : device_(device),
        type_(device.options().type),
        activation_(spec.activation),
        keeps_weight_(spec.pass == Pass::training),
        rows_(spec.batch * spec.out_height() * spec.out_width()),
        channels_(spec.out_channels),
        weights_(spec.weight_shape().elements()),
        forward_(plan_forward(device.convolutions(), spec)) {
    input_layout_ = channels_last(spec.input_shape(), type_);
    output_layout_ = channels_last(spec.output_shape(), type_);
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
    areas.add(workspace);  // at 0
    if (is_narrow()) {
      const std::size_t bytes =
          bias_offset() + bytes_of(type_) * static_cast<std::size_t>(channels_);
      if (keeps_weight_) saved_bytes_ = bytes;
      copy_ = areas.add(bytes);  // or the weight's gradient
    }
    scratch_bytes_ = areas.bytes();
  }

  void forward(const Forward& f, Stream& stream) override {
    const void *weight = f.weight, *bias = f.bias;
    if (is_narrow()) {
      auto* copy =
          static_cast<std::byte*>(keeps_weight_ ? f.saved : ScratchAreas::at(f.scratch, copy_));
      narrow({weights_, type_}, f.weight, copy, stream);
      weight = copy;
      if (f.bias != nullptr && is_fused_) {
        narrow({channels_, type_}, f.bias, copy + bias_offset(), stream);
        bias = copy + bias_offset();
      }
    }
    run(forward_,
        {.input = writable(f.input),
         .filter = writable(weight),
         .bias = writable(bias),
         .output = f.output},
        f.scratch, stream);
    if (!is_fused_) add_bias(activation_, type_, rows_, channels_, f.bias, f.output, stream);
  }

  void backward(const Backward& b, Stream& stream) override {
    finish_output_gradient(activation_, type_, rows_, channels_, b.output, b.output_gradient,
                           b.bias_gradient, ScratchAreas::at(b.scratch, 0), stream);
    if (b.weight_gradient != nullptr) compute_weight_gradient(b, stream);
    if (b.input_gradient != nullptr)
      run(*backward_data_,
          {.input = b.input_gradient,
           .filter = writable(is_narrow() ? b.saved : b.weight),
           .output = b.output_gradient},
          b.scratch, stream);
  }

 private:
  bool is_narrow() const { return type_ != ElementType::float32; }
  /// In the copy, behind the weight.
  std::size_t bias_offset() const {
    return (bytes_of(type_) * static_cast<std::size_t>(weights_) + 63) / 64 * 64;
  }

  void compute_weight_gradient(const Backward& b, Stream& stream) {
    void* gradient = is_narrow() ? ScratchAreas::at(b.scratch, copy_) : b.weight_gradient;
    run(*backward_filter_,
        {.input = writable(b.input), .filter = gradient, .output = b.output_gradient}, b.scratch,
        stream);
    if (is_narrow()) widen({weights_, type_}, gradient, b.weight_gradient, stream);
  }

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
  ElementType type_;  ///< of images, and of the filters that engines read
  Activation activation_;
  bool keeps_weight_;             ///< its copy, with the bias's, for backward
  std::int64_t rows_, channels_;  ///< of the output, as a matrix
  std::int64_t weights_;
  bool is_fused_ = true;  ///< before forward_, which sets it
  ConvolutionRun forward_;
  std::optional<ConvolutionRun> backward_data_, backward_filter_;
  std::size_t copy_ = 0;  ///< place in the scratch memory
};

}  // namespace

std::unique_ptr<Conv2d> make_conv2d(Device& device, const Conv2dSpec& spec) {
  return std::make_unique<CudnnConv2d>(static_cast<CudaDevice&>(device), spec);
}

}  // namespace dtrain::kernels::cuda
