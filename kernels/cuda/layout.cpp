// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/cuda/layout.hpp"

#include <fmt/core.h>

#include "base/assert.hpp"

namespace dtrain::kernels::cuda {
namespace {

class ChannelsLast final : public LayoutDescription {
 public:
  ChannelsLast(std::int64_t rows, const ImageShape& image, ElementType type)
      : rows_(rows), image_(image), type_(type) {}
  std::size_t bytes() const override {
    return static_cast<std::size_t>(rows_ * image_.elements()) * bytes_of(type_);
  }
  ElementType element_type() const override { return type_; }
  std::string name() const override {
    return fmt::format("channels last of {}x{}x{}{}", image_.channels, image_.height, image_.width,
                       suffix(type_));
  }
  const ImageShape& image() const { return image_; }

 private:
  static const char* suffix(ElementType type) {
    return type == ElementType::float32 ? "" : type == ElementType::bfloat16 ? ", bf16" : ", fp16";
  }

  std::int64_t rows_;
  ImageShape image_;
  ElementType type_;
};

}  // namespace

Layout channels_last(const Shape& shape, ElementType type) {
  DTRAIN_ASSERT(shape.rank() == 4);
  return channels_last(shape, {shape[1], shape[2], shape[3]}, type);
}

Layout channels_last(const Shape& shape, const ImageShape& image, ElementType type) {
  DTRAIN_ASSERT(shape.elements() == shape[0] * image.elements());
  const bool turns_nothing = image.channels == 1 || image.plane() == 1;
  if (turns_nothing && type == ElementType::float32) return Layout::plain(shape);
  // One name for one order.
  const ImageShape turned = turns_nothing ? ImageShape{.channels = image.elements()} : image;
  return {shape, std::make_shared<ChannelsLast>(shape[0], turned, type)};
}

Layout row_major(const Shape& shape, ElementType type) {
  return channels_last(shape, {.channels = shape.elements() / shape[0]}, type);
}

ImageShape image_of(const Layout& layout) {
  const auto* description = dynamic_cast<const ChannelsLast*>(layout.description());
  DTRAIN_ASSERT(description != nullptr);
  return description->image();
}

bool is_row_major(const Layout& layout) {
  if (layout.is_plain()) return true;
  const ImageShape image = image_of(layout);
  return image.channels == 1 || image.plane() == 1;
}

}  // namespace dtrain::kernels::cuda
