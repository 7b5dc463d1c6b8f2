// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Pooling over windows of each channel. max: the gradient goes to the first maximum in row-major
// order of the window. average: padding is not counted in the divisor. A NaN in a window gives NaN.

#include <memory>

#include "kernels/activation.hpp"
#include "kernels/planned_op.hpp"

namespace dtrain::kernels {

enum class PoolKind { max, average };

struct Pool2dSpec {
  PoolKind kind = PoolKind::max;
  std::int64_t batch = 0, channels = 0, in_height = 0, in_width = 0;
  /// A global pool has the window of the whole image.
  std::int64_t window_height = 2, window_width = 2;
  std::int64_t stride_height = 2, stride_width = 2;
  std::int64_t padding_height = 0, padding_width = 0;
  /// Applied to the output: none or relu (which commutes with max, and is cheaper after it).
  Activation activation = Activation::none;
  Pass pass = Pass::training;
  Layout input = {};

  std::int64_t out_height() const {
    return (in_height + 2 * padding_height - window_height) / stride_height + 1;
  }
  std::int64_t out_width() const {
    return (in_width + 2 * padding_width - window_width) / stride_width + 1;
  }
  Shape input_shape() const { return {batch, channels, in_height, in_width}; }
  Shape output_shape() const { return {batch, channels, out_height(), out_width()}; }
};

class Pool2d : public PlannedOp {
 public:
  /// `saved` receives the positions of the maxima.
  virtual void forward(const float* input, float* output, void* saved, Stream&) = 0;
  /// `output` is forward's result (read only with an activation, else it may be null); input_gradient is
  /// overwritten whole.
  virtual void backward(const float* output, const float* output_gradient, float* input_gradient,
                        const void* saved, Stream&) = 0;
};

using MakePool2d = std::unique_ptr<Pool2d> (*)(Device&, const Pool2dSpec&);

}  // namespace dtrain::kernels
