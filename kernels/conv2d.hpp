// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Two-dimensional cross-correlation, as every framework's "convolution":
//   y[n,o,i,j] = b[o] + sum_{c,u,v} w[o,c,u,v] * x[n, c, i*stride - padding + u, j*stride - padding + v]
// with zeros outside the image. With groups g, output channel o reads the input channels of its group.

#include <memory>
#include <optional>

#include "kernels/activation.hpp"
#include "kernels/affine_op.hpp"

namespace dtrain::kernels {

struct Conv2dSpec {
  std::int64_t batch = 0, in_channels = 0, in_height = 0, in_width = 0;
  std::int64_t out_channels = 0;
  std::int64_t kernel_height = 1, kernel_width = 1;
  std::int64_t stride_height = 1, stride_width = 1;
  std::int64_t padding_height = 0, padding_width = 0;
  std::int64_t groups = 1;  ///< divides in_channels and out_channels
  bool has_bias = true;
  /// Applied to the output: none or relu.
  Activation activation = Activation::none;
  Pass pass = Pass::training;
  /// False for a first layer, whose input gradient nobody wants.
  bool needs_input_gradient = true;
  /// The layout in which the input arrives.
  Layout input = {};
  /// Set when the parameters already have a layout (another batch size chose it).
  std::optional<Layout> weight = {};

  std::int64_t out_height() const {
    return (in_height + 2 * padding_height - kernel_height) / stride_height + 1;
  }
  std::int64_t out_width() const {
    return (in_width + 2 * padding_width - kernel_width) / stride_width + 1;
  }
  Shape input_shape() const { return {batch, in_channels, in_height, in_width}; }
  Shape output_shape() const { return {batch, out_channels, out_height(), out_width()}; }
  /// (out, in / groups, height, width), PyTorch's order.
  Shape weight_shape() const {
    return {out_channels, in_channels / groups, kernel_height, kernel_width};
  }
};

using Conv2d = AffineOp;
using MakeConv2d = std::unique_ptr<Conv2d> (*)(Device&, const Conv2dSpec&);

}  // namespace dtrain::kernels
