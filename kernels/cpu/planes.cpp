// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/cpu/planes.hpp"

namespace dtrain::kernels::cpu {

namespace {

using Tag = dnnl::memory::format_tag;

struct PlaneFormat {
  Tag tag;
  Planes::Lanes kind;
  std::int64_t lanes;  ///< 0: all channels
};

/// Channels last first: where H x W or C is 1 a plain value is that too, and has the most lanes.
constexpr PlaneFormat formats[] = {
    {Tag::nhwc, Planes::Lanes::channels, 0},
    {Tag::nchw, Planes::Lanes::channels, 1},
    {Tag::nChw16c, Planes::Lanes::channels, 16},
    {Tag::nChw8c, Planes::Lanes::channels, 8},
    {Tag::nChw4c, Planes::Lanes::channels, 4},
    {sample_block_tag, Planes::Lanes::samples, sample_block},
};

Descriptor describe(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w, Tag tag) {
  return {{n, c, h, w}, dnnl::memory::data_type::f32, tag};
}

std::int64_t blocks(std::int64_t extent, std::int64_t block) {
  return (extent + block - 1) / block;
}

}  // namespace

Layout Planes::resized(std::int64_t new_height, std::int64_t new_width) const {
  return make_layout({samples, channels, new_height, new_width},
                     describe(samples, channels, new_height, new_width, tag));
}

std::optional<Planes> planes_of(const Shape& shape, const Layout& layout) {
  DTRAIN_ASSERT(shape.rank() == 4);
  const Descriptor descriptor = descriptor_of(layout, to_dims(shape));
  for (const PlaneFormat& format : formats) {
    if (descriptor != describe(shape[0], shape[1], shape[2], shape[3], format.tag)) continue;
    Planes p{.kind = format.kind,
             .lanes = format.lanes == 0 ? shape[1] : format.lanes,
             .samples = shape[0],
             .channels = shape[1],
             .height = shape[2],
             .width = shape[3],
             .tag = format.tag};
    const bool by_samples = p.kind == Planes::Lanes::samples;
    p.planes_per_row = by_samples ? p.channels : blocks(p.channels, p.lanes);
    p.count = (by_samples ? blocks(p.samples, p.lanes) : p.samples) * p.planes_per_row;
    return p;
  }
  return std::nullopt;
}

}  // namespace dtrain::kernels::cpu
