// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/layout.hpp"

namespace dtrain::kernels {

Layout Layout::plain(const Shape& shape) {
  return {shape, nullptr};
}

std::size_t Layout::bytes() const {
  return description_ ? description_->bytes()
                      : static_cast<std::size_t>(shape_.elements()) * sizeof(float);
}

Elements Layout::elements() const {
  const ElementType type = description_ ? description_->element_type() : ElementType::float32;
  return {static_cast<std::int64_t>(bytes() / bytes_of(type)), type};
}

std::string Layout::name() const {
  return description_ ? description_->name() : "plain";
}

}  // namespace dtrain::kernels
