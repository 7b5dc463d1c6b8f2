// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// How the elements of one value lie in memory: row-major, channel-blocked, or whatever a library
// chose. Above kernels a Layout is opaque: it is compared, sized and handed back, never taken apart.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/shape.hpp"
#include "kernels/elements.hpp"

namespace dtrain::kernels {

/// What a backend knows about one of its layouts. Immutable.
class LayoutDescription {
 public:
  virtual ~LayoutDescription() = default;
  /// Memory that the value takes, padding included.
  virtual std::size_t bytes() const = 0;
  virtual ElementType element_type() const { return ElementType::float32; }
  /// Readable and equal for equal layouts, on every rank: part of the replicas' fingerprint.
  virtual std::string name() const = 0;
};

/// The logical shape and the memory layout of one value. A cheap value type.
class Layout {
 public:
  Layout() = default;
  /// Row-major, dense, float32: the canonical layout of `shape`.
  static Layout plain(const Shape& shape);
  /// A backend's own layout of `shape`.
  Layout(const Shape& shape, std::shared_ptr<const LayoutDescription> description)
      : shape_(shape), description_(std::move(description)) {}

  const Shape& shape() const { return shape_; }
  bool is_plain() const { return description_ == nullptr; }
  std::size_t bytes() const;
  /// Elements that the value takes, padding included: elementwise functions run over all of them.
  Elements elements() const;
  /// The same, of a float32 value.
  std::int64_t floats() const { return static_cast<std::int64_t>(bytes() / sizeof(float)); }
  /// True where the memory holds more than the logical elements. The surplus is zero and stays zero.
  bool is_padded() const { return elements().count != shape_.elements(); }
  std::string name() const;
  /// The backend's description; null for a plain layout.
  const LayoutDescription* description() const { return description_.get(); }

  bool operator==(const Layout& other) const {
    return shape_ == other.shape_ && name() == other.name();
  }

 private:
  Shape shape_;
  std::shared_ptr<const LayoutDescription> description_;  // null: plain
};

}  // namespace dtrain::kernels
