// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Ops that libraries plan (convolution, linear, pooling, batch norm, reorder) are objects made once
// per shape by a factory in the KernelTable; a oneDNN primitive or a cuDNN plan lives inside.
//
// Common to all of them:
//  * The spec offers the layout in which the input arrives; the op answers with the layout that it
//    wants. Where they differ the network puts a Reorder between.
//  * Gradients are written, not accumulated. A gradient pointer that is null is not computed.
//  * `saved` is memory that the caller keeps untouched from forward to the backward of the same pass;
//    `scratch` may be clobbered by anyone between calls. Either may be null when its size is 0.
//  * Pointers are device memory in the op's layouts, 64-byte aligned, and do not overlap unless an op
//    says so. Calls are ordered by the Stream. An op object serves one thread at a time.

#include <cstddef>

#include "kernels/device/device.hpp"
#include "kernels/layout.hpp"

namespace dtrain::kernels {

/// Inference ops need no backward and keep nothing for one.
enum class Pass { training, inference };

class PlannedOp {
 public:
  virtual ~PlannedOp() = default;
  const Layout& input_layout() const { return input_layout_; }
  const Layout& output_layout() const { return output_layout_; }
  std::size_t saved_bytes() const { return saved_bytes_; }
  std::size_t scratch_bytes() const { return scratch_bytes_; }

 protected:
  PlannedOp() = default;
  PlannedOp(const PlannedOp&) = delete;
  PlannedOp& operator=(const PlannedOp&) = delete;

  Layout input_layout_;
  Layout output_layout_;
  std::size_t saved_bytes_ = 0;
  std::size_t scratch_bytes_ = 0;
};

}  // namespace dtrain::kernels
