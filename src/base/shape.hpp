// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "base/assert.hpp"

namespace dtrain {

/// Extents of a dense array, outermost first. Images are (N, C, H, W), rows of features (N, F).
class Shape {
 public:
  static constexpr int max_rank = 5;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> extents)
      : Shape(std::span(extents.begin(), extents.size())) {}
  explicit Shape(std::span<const std::int64_t> extents) : rank_(static_cast<int>(extents.size())) {
    DTRAIN_ASSERT(extents.size() <= max_rank);
    std::copy(extents.begin(), extents.end(), extents_.begin());
  }

  int rank() const { return rank_; }
  std::int64_t operator[](int axis) const { return extents_[static_cast<std::size_t>(axis)]; }
  std::span<const std::int64_t> extents() const {
    return {extents_.data(), static_cast<std::size_t>(rank_)};
  }

  /// Number of elements; 1 for rank 0.
  std::int64_t elements() const {
    std::int64_t product = 1;
    for (std::int64_t extent : extents()) product *= extent;
    return product;
  }

  /// This shape with `batch` put in front: (C, H, W) -> (N, C, H, W).
  Shape with_batch(std::int64_t batch) const {
    Shape batched{batch};
    for (std::int64_t extent : extents())
      batched.extents_[static_cast<std::size_t>(batched.rank_++)] = extent;
    DTRAIN_ASSERT(batched.rank_ <= max_rank);
    return batched;
  }

  /// "64x3x32x32"
  std::string to_string() const {
    std::string text;
    for (std::int64_t extent : extents()) {
      if (!text.empty()) text += 'x';
      text += std::to_string(extent);
    }
    return text;
  }

  bool operator==(const Shape&) const = default;

 private:
  std::array<std::int64_t, max_rank> extents_{};
  int rank_ = 0;
};

}  // namespace dtrain
