// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/pool2d.hpp"

#include "kernels/cpu/loops.hpp"
#include "kernels/cpu/planes.hpp"
#include "kernels/cpu/planned_ops.hpp"

namespace dtrain::kernels::cpu {

namespace {

class CpuPool2d final : public Pool2d {
 public:
  explicit CpuPool2d(const Pool2dSpec& spec) : kind_(spec.kind) {
    DTRAIN_ASSERT(spec.activation == Activation::none || spec.activation == Activation::relu);
    // Else a window could lie in the padding alone.
    DTRAIN_ASSERT(spec.padding_height < spec.window_height);
    DTRAIN_ASSERT(spec.padding_width < spec.window_width);
    std::optional<Planes> planes = planes_of(spec.input_shape(), spec.input);
    input_layout_ = planes ? spec.input : Layout::plain(spec.input_shape());
    if (!planes) planes = planes_of(spec.input_shape(), input_layout_);
    output_layout_ = planes->resized(spec.out_height(), spec.out_width());

    window_ = {.in_height = spec.in_height,
               .in_width = spec.in_width,
               .out_height = spec.out_height(),
               .out_width = spec.out_width(),
               .height = spec.window_height,
               .width = spec.window_width,
               .stride_height = spec.stride_height,
               .stride_width = spec.stride_width,
               .padding_height = spec.padding_height,
               .padding_width = spec.padding_width,
               .lanes = planes->lanes,
               .bytes_per_position = spec.window_height * spec.window_width <= 256 ? 1 : 4,
               .relu = spec.activation == Activation::relu};
    planes_ = planes->count;
    in_floats_ = planes->floats();
    out_floats_ = spec.out_height() * spec.out_width() * planes->lanes;
    if (spec.kind == PoolKind::max && spec.pass == Pass::training)
      saved_bytes_ = static_cast<std::size_t>(planes_ * out_floats_ * window_.bytes_per_position);
  }

  void forward(const float* input, float* output, void* saved, Stream&) override {
#pragma omp parallel for
    for (std::int64_t p = 0; p < planes_; ++p) {
      const float* x = input + p * in_floats_;
      float* y = output + p * out_floats_;
      if (kind_ == PoolKind::max)
        loops_.max_pool(window_, x, y, saved_bytes_ == 0 ? nullptr : positions(saved, p));
      else
        loops_.average_pool(window_, x, y);
    }
  }

  void backward(const float* output, const float* output_gradient, float* input_gradient,
                const void* saved, Stream&) override {
#pragma omp parallel for
    for (std::int64_t p = 0; p < planes_; ++p) {
      const float* y = output == nullptr ? nullptr : output + p * out_floats_;
      const float* dy = output_gradient + p * out_floats_;
      float* dx = input_gradient + p * in_floats_;
      if (kind_ == PoolKind::max)
        loops_.max_pool_backward(window_, y, dy, positions(const_cast<void*>(saved), p), dx);
      else
        loops_.average_pool_backward(window_, y, dy, dx);
    }
  }

 private:
  void* positions(void* saved, std::int64_t plane) const {
    return at(saved, static_cast<std::size_t>(plane * out_floats_ * window_.bytes_per_position));
  }

  const Loops& loops_ = loops(best_instruction_set());
  PoolKind kind_;
  PoolWindow window_{};
  std::int64_t planes_ = 0, in_floats_ = 0, out_floats_ = 0;
};

}  // namespace

std::unique_ptr<Pool2d> make_pool2d(Device&, const Pool2dSpec& spec) {
  return std::make_unique<CpuPool2d>(spec);
}

}  // namespace dtrain::kernels::cpu
