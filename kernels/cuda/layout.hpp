// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Channels last: an image (C, H, W) lies as (H, W, C), what cuDNN and coalesced kernels want. The one
// order of the cuda backend besides the plain one; it pads nothing. Its elements are float32 or, with
// --precision bf16 and fp16, 16 bits wide; what is plain in the sense of Layout is float32.

#include <cstdint>

#include "kernels/layout.hpp"

namespace dtrain::kernels::cuda {

/// An image's extents.
struct ImageShape {
  std::int64_t channels = 1, height = 1, width = 1;
  std::int64_t plane() const { return height * width; }
  std::int64_t elements() const { return channels * plane(); }
};

/// Of (N, C, H, W): batches of images and filters. Plain where both orders are the same and the
/// elements float32.
Layout channels_last(const Shape& shape, ElementType type = ElementType::float32);
/// Of (rows, C*H*W): the weight of a linear layer whose input is an image with channels last.
Layout channels_last(const Shape& shape, const ImageShape& image,
                     ElementType type = ElementType::float32);
/// Row-major, of any type.
Layout row_major(const Shape& shape, ElementType type);

/// The image that a layout which is not plain turns. Asserts that it is one of this backend.
ImageShape image_of(const Layout& layout);
/// Are its elements in row-major order, whatever their type?
bool is_row_major(const Layout& layout);

}  // namespace dtrain::kernels::cuda
