// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Channels last: an image (C, H, W) lies as (H, W, C), what cuDNN and coalesced kernels want. The one
// layout of the cuda backend besides the plain one; it pads nothing.

#include <cstdint>

#include "kernels/layout.hpp"

namespace dtrain::kernels::cuda {

/// An image's extents.
struct ImageShape {
  std::int64_t channels = 1, height = 1, width = 1;
  std::int64_t plane() const { return height * width; }
  std::int64_t elements() const { return channels * plane(); }
};

/// Of (N, C, H, W): batches of images and filters. Plain where both orders are the same.
Layout channels_last(const Shape& shape);
/// Of (rows, C*H*W): the weight of a linear layer whose input is an image with channels last.
Layout channels_last(const Shape& shape, const ImageShape& image);

/// The image that a layout which is not plain turns. Asserts that it is one of this backend.
ImageShape image_of(const Layout& layout);

}  // namespace dtrain::kernels::cuda
