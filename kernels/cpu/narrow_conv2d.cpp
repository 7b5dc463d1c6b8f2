// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Convolution between few channels, where oneDNN's blocks of channels are mostly padding. Here
// blocks of 16 samples lie innermost (Abcd16a), and the weight stays plain. Backward-data is the
// same convolution with the kernel turned by 180 degrees and in- and output channels exchanged; a
// stride becomes zeros between the gradient's pixels.

#include <omp.h>

#include <algorithm>
#include <vector>

#include "kernels/cpu/functions.hpp"
#include "kernels/cpu/loops.hpp"
#include "kernels/cpu/narrow_conv2d.hpp"
#include "kernels/cpu/planes.hpp"

namespace dtrain::kernels::cpu {

namespace {

static_assert(sample_lanes == sample_block);

NarrowConvolution forward_of(const Conv2dSpec& s) {
  return {.in_channels = s.in_channels,
          .in_height = s.in_height,
          .in_width = s.in_width,
          .out_channels = s.out_channels,
          .out_height = s.out_height(),
          .out_width = s.out_width(),
          .kernel_height = s.kernel_height,
          .kernel_width = s.kernel_width,
          .stride_height = s.stride_height,
          .stride_width = s.stride_width,
          .padding_height = s.padding_height,
          .padding_width = s.padding_width,
          .relu = s.activation == Activation::relu};
}

/// From the output's gradient, spread by the stride, to the input's.
NarrowConvolution backward_of(const NarrowConvolution& f) {
  return {.in_channels = f.out_channels,
          .in_height = (f.out_height - 1) * f.stride_height + 1,
          .in_width = (f.out_width - 1) * f.stride_width + 1,
          .out_channels = f.in_channels,
          .out_height = f.in_height,
          .out_width = f.in_width,
          .kernel_height = f.kernel_height,
          .kernel_width = f.kernel_width,
          .stride_height = 1,
          .stride_width = 1,
          .padding_height = f.kernel_height - 1 - f.padding_height,
          .padding_width = f.kernel_width - 1 - f.padding_width,
          .relu = false};
}

std::int64_t input_floats(const NarrowConvolution& c) {
  return c.in_channels * c.in_height * c.in_width * sample_lanes;
}
std::int64_t output_floats(const NarrowConvolution& c) {
  return c.out_channels * c.out_height * c.out_width * sample_lanes;
}
std::int64_t kernel_taps(const NarrowConvolution& c) {
  return c.kernel_height * c.kernel_width;
}

class NarrowConv2d final : public Conv2d {
 public:
  explicit NarrowConv2d(const Conv2dSpec& spec)
      : batch_(spec.batch),
        blocks_((spec.batch + sample_lanes - 1) / sample_lanes),
        activation_(spec.activation),
        forward_(forward_of(spec)),
        backward_(backward_of(forward_)),
        no_bias_(static_cast<std::size_t>(std::max(spec.in_channels, spec.out_channels))) {
    input_layout_ = sample_blocks(spec.input_shape());
    output_layout_ = sample_blocks(spec.output_shape());
    weight_layout_ = Layout::plain(spec.weight_shape());
    weights_ = spec.weight_shape().elements();

    WorkspacePlan scratch;
    packed_ = scratch.add(static_cast<std::size_t>(weights_) * sizeof(float));
    if (spec.pass == Pass::training) {
      sums_ = scratch.add(static_cast<std::size_t>((weights_ + spec.out_channels) * sample_lanes) *
                          sizeof(float));
      if (is_strided())
        spread_ = scratch.add(static_cast<std::size_t>(blocks_ * input_floats(backward_)) *
                              sizeof(float));
    }
    scratch_bytes_ = scratch.bytes();
  }

  void forward(const Forward& f, Stream&) override {
    const std::int64_t taps = kernel_taps(forward_);
    convolve(forward_, {forward_.in_channels * taps, taps, forward_.kernel_width, 1}, f.weight,
             f.bias ? f.bias : no_bias_.data(), f.input, f.output, piece(f.scratch, packed_));
    clear_padding(f.output);
  }

  void backward(const Backward& b, Stream& stream) override {
    if (activation_ != Activation::none)
      functions(best_instruction_set())
          .activation_backward(activation_, output_layout_.floats(), b.output, b.output_gradient,
                               b.output_gradient, stream);
    backward_weights(b);
    if (b.input_gradient == nullptr) return;
    const float* gradient = b.output_gradient;
    if (is_strided()) {
      spread(gradient, piece(b.scratch, spread_));
      gradient = piece(b.scratch, spread_);
    }
    const std::int64_t taps = kernel_taps(forward_);
    convolve(backward_, {taps, forward_.in_channels * taps, -forward_.kernel_width, -1},
             b.weight + taps - 1, no_bias_.data(), gradient, b.input_gradient,
             piece(b.scratch, packed_));
  }

 private:
  static Layout sample_blocks(const Shape& shape) {
    return make_layout(shape, {to_dims(shape), dnnl::memory::data_type::f32, sample_block_tag});
  }
  static float* piece(void* scratch, std::size_t offset) {
    return static_cast<float*>(at(scratch, offset));
  }
  bool is_strided() const { return forward_.stride_height != 1 || forward_.stride_width != 1; }

  void convolve(const NarrowConvolution& c, const WeightStrides& strides, const float* weight,
                const float* bias, const float* input, float* output, float* packed) {
    loops_.narrow_pack(c, strides, weight, packed);
#pragma omp parallel for collapse(2)
    for (std::int64_t block = 0; block < blocks_; ++block)
      for (std::int64_t row = 0; row < c.out_height; ++row)
        loops_.narrow_forward(c, row, input + block * input_floats(c), packed, bias,
                              output + block * output_floats(c));
  }

  /// The bias left its mark in lanes without a sample.
  void clear_padding(float* output) {
    const std::int64_t used = batch_ - (blocks_ - 1) * sample_lanes;
    if (used == sample_lanes) return;
    float* last = output + (blocks_ - 1) * output_floats(forward_);
    for (std::int64_t i = 0; i < output_floats(forward_); i += sample_lanes)
      std::fill(last + i + used, last + i + sample_lanes, 0.0f);
  }

  /// Each thread has its own weights: for every block in turn, so that the block is read from
  /// cache. Results do not depend on the number of threads.
  void backward_weights(const Backward& b) {
    const NarrowConvolution& c = forward_;
    const std::int64_t pieces =
        (c.out_channels + narrow_gradient_channels - 1) / narrow_gradient_channels;
    const std::int64_t tasks = pieces * c.in_channels;
    const std::int64_t plane = c.out_height * c.out_width * sample_lanes;
    float* sums = piece(b.scratch, sums_);
    float* bias_sums = sums + weights_ * sample_lanes;
    std::fill(sums, bias_sums + c.out_channels * sample_lanes, 0.0f);
#pragma omp parallel
    for (std::int64_t block = 0; block < blocks_; ++block) {
      const float* input = b.input + block * input_floats(c);
      const float* gradient = b.output_gradient + block * output_floats(c);
#pragma omp for schedule(static) nowait
      for (std::int64_t task = 0; task < tasks; ++task) {
        const std::int64_t piece = task / c.in_channels;
        const std::int64_t first = c.out_channels * piece / pieces;
        const std::int64_t end = c.out_channels * (piece + 1) / pieces;
        loops_.narrow_weight_gradient(c, first, end - first, task % c.in_channels, input, gradient,
                                      sums);
      }
#pragma omp for schedule(static) nowait
      for (std::int64_t o = 0; o < c.out_channels; ++o)
        loops_.narrow_bias_gradient(c, gradient + o * plane, bias_sums + o * sample_lanes);
    }
    reduce_lanes(sums, weights_, b.weight_gradient);
    if (b.bias_gradient) reduce_lanes(bias_sums, c.out_channels, b.bias_gradient);
  }

  static void reduce_lanes(const float* sums, std::int64_t count, float* result) {
#pragma omp parallel for
    for (std::int64_t i = 0; i < count; ++i) {
      float sum = 0;
      for (int lane = 0; lane < sample_lanes; ++lane) sum += sums[i * sample_lanes + lane];
      result[i] = sum;
    }
  }

  void spread(const float* gradient, float* spread) {
    const NarrowConvolution &c = forward_, &to = backward_;
    std::fill(spread, spread + blocks_ * input_floats(to), 0.0f);
#pragma omp parallel for
    for (std::int64_t plane = 0; plane < blocks_ * c.out_channels; ++plane)
      for (std::int64_t i = 0; i < c.out_height; ++i)
        for (std::int64_t j = 0; j < c.out_width; ++j) {
          const float* from =
              gradient + ((plane * c.out_height + i) * c.out_width + j) * sample_lanes;
          const std::int64_t row = plane * to.in_height + i * c.stride_height;
          std::copy(from, from + sample_lanes,
                    spread + (row * to.in_width + j * c.stride_width) * sample_lanes);
        }
  }

  const Loops& loops_ = loops(best_instruction_set());
  std::int64_t batch_, blocks_;
  Activation activation_;
  NarrowConvolution forward_, backward_;
  std::int64_t weights_ = 0;
  std::vector<float> no_bias_;
  std::size_t packed_ = 0, sums_ = 0, spread_ = 0;
};

std::int64_t round_up(std::int64_t x, std::int64_t block) {
  return (x + block - 1) / block * block;
}

}  // namespace

bool is_narrow(const Conv2dSpec& s) {
  if (s.groups != 1 || (s.weight && !s.weight->is_plain())) return false;
  if (s.padding_height >= s.kernel_height || s.padding_width >= s.kernel_width) return false;
  constexpr std::int64_t channel_block = 16;
  // oneDNN has no fast backward-data to so few channels in the layout of its forward.
  if (s.needs_input_gradient && s.in_channels < channel_block) return true;
  const auto used = [](std::int64_t x) {
    return static_cast<double>(x) / static_cast<double>(round_up(x, channel_block));
  };
  // Shares of the vector lanes at work; a first layer's input is not padded.
  const double in_blocks =
      used(s.out_channels) * (s.in_channels < channel_block ? 1.0 : used(s.in_channels));
  return 0.9 * used(s.batch) > in_blocks;
}

std::unique_ptr<Conv2d> make_narrow_conv2d(const Conv2dSpec& spec) {
  return std::make_unique<NarrowConv2d>(spec);
}

}  // namespace dtrain::kernels::cpu
