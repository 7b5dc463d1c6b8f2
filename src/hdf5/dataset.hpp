// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <span>

#include "hdf5/object.hpp"

namespace dtrain::hdf5 {

enum class ElementType { uint8, int64, float32, float64, string, other };

/// The ElementType of a C++ type.
template <class T>
constexpr ElementType element_type();
template <>
constexpr ElementType element_type<std::uint8_t>() {
  return ElementType::uint8;
}
template <>
constexpr ElementType element_type<std::int64_t>() {
  return ElementType::int64;
}
template <>
constexpr ElementType element_type<float>() {
  return ElementType::float32;
}
template <>
constexpr ElementType element_type<double>() {
  return ElementType::float64;
}

/// How a dataset is laid out. Chunks are whole rows (slices along the first axis); only a chunked
/// dataset can carry a checksum.
struct Storage {
  std::int64_t chunk_rows = 0;  ///< 0: one contiguous block
  bool fletcher32 = false;      ///< one checksum per chunk, verified by every read
};

/// A dense array, row-major.
class Dataset : public Object {
 public:
  /// Extents, outermost first; empty for a scalar.
  const std::vector<std::int64_t>& extents() const { return extents_; }
  std::int64_t elements() const;
  std::int64_t rows() const { return extents_.empty() ? 1 : extents_[0]; }
  /// `other` for stored types that none of ours stands for. Byte order does not matter; stored
  /// integers of any other size count as int64.
  ElementType type() const { return type_; }
  const Storage& storage() const { return storage_; }

  /// Fails unless the file holds every element: a chunk or block that was never written would read
  /// as zeros. Call before allocating memory for elements() of a file that may be damaged.
  void require_complete() const;

  /// All elements, converted to T. The size of `values` is elements().
  template <class T>
  void read(std::span<T> values) const;
  /// The same after require_complete().
  template <class T>
  std::vector<T> read() const;
  /// Rows [first, first + count), converted to `type`.
  void read_rows(std::int64_t first, std::int64_t count, ElementType type, void* values) const;
  std::string read_string() const;

  template <class T>
  void write(std::span<const T> values);
  void write_rows(std::int64_t first, std::int64_t count, ElementType type, const void* values);

 private:
  friend class Group;
  Dataset(Identifier id, std::shared_ptr<const FileContext> file, std::string path);
  void transfer_rows(std::int64_t first, std::int64_t count, ElementType type, void* destination,
                     const void* source) const;

  std::vector<std::int64_t> extents_;
  ElementType type_ = ElementType::other;
  Storage storage_;
};

}  // namespace dtrain::hdf5
