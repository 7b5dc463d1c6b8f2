// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "hdf5/dataset.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/error.hpp"
#include "hdf5/library.hpp"

namespace dtrain::hdf5 {
namespace {

// Deflate, the densest filter in use, makes at most 1032 bytes out of one.
constexpr double max_expansion = 1100;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

}  // namespace

Dataset::Dataset(Identifier id, std::shared_ptr<const FileContext> file, std::string path)
    : Object(std::move(id), std::move(file), std::move(path)) {
  const LibraryLock lock;
  const std::string what = "cannot read the array's shape";
  const Identifier space(check(H5Dget_space(id_.get()), what));
  const Identifier type(check(H5Dget_type(id_.get()), what));
  const Identifier properties(check(H5Dget_create_plist(id_.get()), what));
  type_ = stored_type(type.get());

  if (H5Sget_simple_extent_type(space.get()) == H5S_NULL) fail("holds nothing");
  const auto rank = static_cast<int>(check(H5Sget_simple_extent_ndims(space.get()), what));
  std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
  check(H5Sget_simple_extent_dims(space.get(), extents.data(), nullptr), what);
  double elements = 1;  // of the array if no extent were 0: no product of some of them is larger
  for (hsize_t extent : extents) elements *= std::max(static_cast<double>(extent), 1.0);
  if (elements > 0x1p60) fail("has an absurd shape");
  extents_.assign(extents.begin(), extents.end());

  if (H5Pget_layout(properties.get()) == H5D_CHUNKED) {
    std::vector<hsize_t> chunk(extents.size());
    const std::int64_t axes = check(H5Pget_chunk(properties.get(), rank, chunk.data()), what);
    if (rank == 0 || axes != rank || std::ranges::count(chunk, 0u) > 0)
      fail("has chunks of another rank");
    storage_.chunk_rows = static_cast<std::int64_t>(chunk[0]);
    for (int i = 0; i < H5Pget_nfilters(properties.get()); ++i) {
      unsigned flags = 0, config = 0;
      std::size_t values = 0;
      storage_.fletcher32 |=
          H5Pget_filter2(properties.get(), static_cast<unsigned>(i), &flags, &values, nullptr, 0,
                         nullptr, &config) == H5Z_FILTER_FLETCHER32;
    }
  }
}

std::int64_t Dataset::elements() const {
  std::int64_t product = 1;
  for (std::int64_t extent : extents_) product *= extent;
  return product;
}

void Dataset::require_complete() const {
  const LibraryLock lock;
  const std::string what = "cannot read the array's storage";
  const Identifier type(check(H5Dget_type(id_.get()), what));
  const Identifier properties(check(H5Dget_create_plist(id_.get()), what));
  const double bytes =
      static_cast<double>(elements()) * static_cast<double>(H5Tget_size(type.get()));
  const auto stored = static_cast<double>(H5Dget_storage_size(id_.get()));
  const auto file_bytes = static_cast<double>(file_->bytes);

  double expansion = 1;
  bool complete = true;
  if (H5Pget_layout(properties.get()) == H5D_CHUNKED && elements() > 0) {
    std::vector<hsize_t> chunk(extents_.size());
    check(H5Pget_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data()), what);
    double expected = 1;
    for (std::size_t axis = 0; axis < chunk.size(); ++axis)
      expected *=
          static_cast<double>(ceil_div(extents_[axis], static_cast<std::int64_t>(chunk[axis])));
    const Identifier space(check(H5Dget_space(id_.get()), what));
    hsize_t chunks = 0;
    check(H5Dget_num_chunks(id_.get(), space.get(), &chunks), what);
    complete = static_cast<double>(chunks) == expected;
    const int filters = H5Pget_nfilters(properties.get());
    if (filters > (storage_.fletcher32 ? 1 : 0)) expansion = max_expansion;
  }
  const bool outside =
      H5Pget_external_count(properties.get()) > 0 || H5Pget_layout(properties.get()) == H5D_VIRTUAL;
  if (outside) fail("keeps its elements in other files, which is not supported");
  if (!complete || stored * expansion < bytes || file_bytes * expansion < bytes)
    fail(fmt::format("is incomplete: the file holds {:.0f} of {:.0f} bytes",
                     std::min(stored, file_bytes), bytes));
}

template <class T>
void Dataset::read(std::span<T> values) const {
  DTRAIN_ASSERT(static_cast<std::int64_t>(values.size()) == elements());
  if (values.empty()) return;
  const LibraryLock lock;
  check(H5Dread(id_.get(), native_type(element_type<T>()), H5S_ALL, H5S_ALL, H5P_DEFAULT,
                values.data()),
        "cannot read");
}

template <class T>
std::vector<T> Dataset::read() const {
  if (type_ == ElementType::string || type_ == ElementType::other) fail("does not hold numbers");
  require_complete();
  std::vector<T> values(static_cast<std::size_t>(elements()));
  read(std::span<T>(values));
  return values;
}

std::string Dataset::read_string() const {
  const LibraryLock lock;
  if (type_ != ElementType::string || elements() != 1) fail("is not one text");
  const Identifier type(check(H5Dget_type(id_.get()), "cannot read"));
  if (H5Tis_variable_str(type.get()) > 0) {
    char* text = nullptr;
    check(H5Dread(id_.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, &text), "cannot read");
    std::string copy(text != nullptr ? text : "");
    H5free_memory(text);
    return copy;
  }
  require_complete();
  std::string text(H5Tget_size(type.get()), '\0');
  check(H5Dread(id_.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()), "cannot read");
  return text.substr(0, text.find('\0'));
}

template <class T>
void Dataset::write(std::span<const T> values) {
  DTRAIN_ASSERT(static_cast<std::int64_t>(values.size()) == elements());
  if (values.empty()) return;
  const LibraryLock lock;
  check(H5Dwrite(id_.get(), native_type(element_type<T>()), H5S_ALL, H5S_ALL, H5P_DEFAULT,
                 values.data()),
        "cannot write");
}

void Dataset::read_rows(std::int64_t first, std::int64_t count, ElementType type,
                        void* values) const {
  transfer_rows(first, count, type, values, nullptr);
}

void Dataset::write_rows(std::int64_t first, std::int64_t count, ElementType type,
                         const void* values) {
  transfer_rows(first, count, type, nullptr, values);
}

void Dataset::transfer_rows(std::int64_t first, std::int64_t count, ElementType type,
                            void* destination, const void* source) const {
  DTRAIN_ASSERT(!extents_.empty() && first >= 0 && count >= 0 && first + count <= extents_[0]);
  if (count == 0) return;
  const LibraryLock lock;
  std::vector<hsize_t> start(extents_.size(), 0), extent(extents_.begin(), extents_.end());
  start[0] = static_cast<hsize_t>(first);
  extent[0] = static_cast<hsize_t>(count);
  const std::string what =
      fmt::format("cannot {} rows {} to {}", destination != nullptr ? "read" : "write", first,
                  first + count - 1);
  const Identifier file_space(check(H5Dget_space(id_.get()), what));
  check(H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, start.data(), nullptr, extent.data(),
                            nullptr),
        what);
  const Identifier memory_space(
      check(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), what));
  const hid_t memory_type = native_type(type);
  check(destination != nullptr ? H5Dread(id_.get(), memory_type, memory_space.get(),
                                         file_space.get(), H5P_DEFAULT, destination)
                               : H5Dwrite(id_.get(), memory_type, memory_space.get(),
                                          file_space.get(), H5P_DEFAULT, source),
        what);
}

#define DTRAIN_INSTANTIATE(T)                         \
  template void Dataset::read<T>(std::span<T>) const; \
  template std::vector<T> Dataset::read<T>() const;   \
  template void Dataset::write<T>(std::span<const T>)
DTRAIN_INSTANTIATE(std::uint8_t);
DTRAIN_INSTANTIATE(std::int64_t);
DTRAIN_INSTANTIATE(float);
DTRAIN_INSTANTIATE(double);
#undef DTRAIN_INSTANTIATE

}  // namespace dtrain::hdf5
