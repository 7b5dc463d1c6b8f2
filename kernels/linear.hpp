// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// y[n,o] = b[o] + sum_k w[o,k] * x[n,k]. An image (C, H, W) is flattened in that order, whatever the
// layout in which it arrives: no separate flatten is needed, nor a reorder of a blocked layout.

#include <memory>
#include <optional>

#include "kernels/activation.hpp"
#include "kernels/affine_op.hpp"

namespace dtrain::kernels {

struct LinearSpec {
  std::int64_t batch = 0;
  /// Shape of one sample: (F) or (C, H, W).
  Shape input_shape;
  std::int64_t out_features = 0;
  bool has_bias = true;
  /// Applied to the output: none or relu.
  Activation activation = Activation::none;
  Pass pass = Pass::training;
  bool needs_input_gradient = true;
  Layout input = {};
  std::optional<Layout> weight = {};

  std::int64_t in_features() const { return input_shape.elements(); }
  /// Canonical: (out, in), PyTorch's order.
  Shape weight_shape() const { return {out_features, in_features()}; }
};

using Linear = AffineOp;
using MakeLinear = std::unique_ptr<Linear> (*)(Device&, const LinearSpec&);

}  // namespace dtrain::kernels
