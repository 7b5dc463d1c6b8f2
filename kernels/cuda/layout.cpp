// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/cuda/layout.hpp"

#include <fmt/core.h>

#include "base/assert.hpp"

namespace dtrain::kernels::cuda {
namespace {

class ChannelsLast final : public LayoutDescription {
 public:
  ChannelsLast(std::int64_t rows, const ImageShape& image) : rows_(rows), image_(image) {}
  std::size_t bytes() const override {
    return static_cast<std::size_t>(rows_ * image_.elements()) * sizeof(float);
  }
  std::string name() const override {
    return fmt::format("channels last of {}x{}x{}", image_.channels, image_.height, image_.width);
  }
  const ImageShape& image() const { return image_; }

 private:
  std::int64_t rows_;
  ImageShape image_;
};

}  // namespace

Layout channels_last(const Shape& shape) {
  DTRAIN_ASSERT(shape.rank() == 4);
  return channels_last(shape, {shape[1], shape[2], shape[3]});
}

Layout channels_last(const Shape& shape, const ImageShape& image) {
  DTRAIN_ASSERT(shape.elements() == shape[0] * image.elements());
  if (image.channels == 1 || image.plane() == 1) return Layout::plain(shape);
  return {shape, std::make_shared<ChannelsLast>(shape[0], image)};
}

ImageShape image_of(const Layout& layout) {
  const auto* description = dynamic_cast<const ChannelsLast*>(layout.description());
  DTRAIN_ASSERT(description != nullptr);
  return description->image();
}

}  // namespace dtrain::kernels::cuda
