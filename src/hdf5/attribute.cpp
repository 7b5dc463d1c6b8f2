// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Attributes: scalars and one-dimensional arrays of numbers or strings.

#include <algorithm>
#include <type_traits>

#include "base/assert.hpp"
#include "base/error.hpp"
#include "hdf5/library.hpp"
#include "hdf5/object.hpp"

namespace dtrain::hdf5 {
namespace {

template <class T>
hid_t number_type() {
  if constexpr (std::is_same_v<T, std::uint64_t>) {
    return H5T_NATIVE_UINT64;
  } else {
    return native_type(element_type<T>());
  }
}

/// A value as an array: a scalar has one element.
template <class T>
struct Elements {
  using Type = T;
  static constexpr bool scalar = true;
  static const T* data(const T& value) { return &value; }
  static std::size_t size(const T&) { return 1; }
};
template <class T>
struct Elements<std::vector<T>> {
  using Type = T;
  static constexpr bool scalar = false;
  static const T* data(const std::vector<T>& value) { return value.data(); }
  static std::size_t size(const std::vector<T>& value) { return value.size(); }
};

/// Strings side by side, each padded with zeros to `width`.
std::string join_padded(const std::string* strings, std::size_t count, std::size_t width) {
  std::string joined(count * width, '\0');
  for (std::size_t i = 0; i < count; ++i)
    std::copy(strings[i].begin(), strings[i].end(),
              joined.begin() + static_cast<std::ptrdiff_t>(i * width));
  return joined;
}

std::vector<std::string> split_padded(const std::string& joined, std::size_t width) {
  std::vector<std::string> strings;
  for (std::size_t begin = 0; begin < joined.size(); begin += width) {
    const std::string field = joined.substr(begin, width);
    strings.push_back(field.substr(0, field.find('\0')));
  }
  return strings;
}

}  // namespace

bool Object::has_attribute(const std::string& name) const {
  const LibraryLock lock;
  return check(H5Aexists(id_.get(), name.c_str()), "cannot look for attribute '" + name + "'") > 0;
}

template <class T>
void Object::set_attribute(const std::string& name, const T& value) {
  using Array = Elements<T>;
  const LibraryLock lock;
  const std::string what = "cannot write attribute '" + name + "'";
  const hsize_t count = Array::size(value);
  const Identifier space(
      check(Array::scalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &count, nullptr), what));

  Identifier type;
  std::string joined;
  const void* bytes = Array::data(value);
  if constexpr (std::is_same_v<typename Array::Type, std::string>) {
    std::size_t width = 1;
    for (std::size_t i = 0; i < count; ++i) width = std::max(width, Array::data(value)[i].size());
    type = fixed_string_type(width);
    joined = join_padded(Array::data(value), count, width);
    bytes = joined.data();
  } else {
    type = Identifier(check(H5Tcopy(number_type<typename Array::Type>()), what));
  }
  const Identifier attribute(
      check(H5Acreate2(id_.get(), name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
            what));
  if (count > 0) check(H5Awrite(attribute.get(), type.get(), bytes), what);
}

template <class T>
T Object::attribute(const std::string& name) const {
  using Element = typename Elements<T>::Type;
  const LibraryLock lock;
  const std::string what = "cannot read attribute '" + name + "'";
  if (!has_attribute(name)) fail("attribute '" + name + "' is missing");
  const Identifier attribute(check(H5Aopen(id_.get(), name.c_str(), H5P_DEFAULT), what));
  const Identifier type(check(H5Aget_type(attribute.get()), what));
  const Identifier space(check(H5Aget_space(attribute.get()), what));
  const std::int64_t count = check(H5Sget_simple_extent_npoints(space.get()), what);
  const std::size_t width = H5Tget_size(type.get());
  if (width == 0) fail("attribute '" + name + "' is of no known type");
  if (Elements<T>::scalar && count != 1)
    fail(fmt::format("attribute '{}' has {} elements, 1 was expected", name, count));
  if (file_->bytes > 0 &&
      static_cast<double>(count) * static_cast<double>(width) > static_cast<double>(file_->bytes))
    fail("attribute '" + name + "' is larger than the file");

  const ElementType stored = stored_type(type.get());
  std::vector<Element> values;
  if constexpr (std::is_same_v<Element, std::string>) {
    if (stored != ElementType::string) fail("attribute '" + name + "' is not text");
    if (H5Tis_variable_str(type.get()) > 0) {  // as h5py writes them
      std::vector<char*> pointers(static_cast<std::size_t>(count), nullptr);
      if (count > 0) check(H5Aread(attribute.get(), type.get(), pointers.data()), what);
      for (const char* text : pointers) values.emplace_back(text != nullptr ? text : "");
      H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, pointers.data());
    } else {
      std::string joined(static_cast<std::size_t>(count) * width, '\0');
      if (count > 0) check(H5Aread(attribute.get(), type.get(), joined.data()), what);
      values = split_padded(joined, width);
    }
  } else {
    const bool integer = stored == ElementType::uint8 || stored == ElementType::int64;
    const bool real = stored == ElementType::float32 || stored == ElementType::float64;
    if (!integer && !(real && std::is_floating_point_v<Element>))
      fail(fmt::format("attribute '{}' is not {}", name,
                       std::is_floating_point_v<Element> ? "a number" : "an integer"));
    values.resize(static_cast<std::size_t>(count));
    if (count > 0) check(H5Aread(attribute.get(), number_type<Element>(), values.data()), what);
  }
  if constexpr (Elements<T>::scalar) {
    return values[0];
  } else {
    return values;
  }
}

#define DTRAIN_INSTANTIATE(T)                                \
  template T Object::attribute<T>(const std::string&) const; \
  template void Object::set_attribute<T>(const std::string&, const T&)
DTRAIN_INSTANTIATE(std::int64_t);
DTRAIN_INSTANTIATE(std::uint64_t);
DTRAIN_INSTANTIATE(double);
DTRAIN_INSTANTIATE(std::string);
DTRAIN_INSTANTIATE(std::vector<float>);
DTRAIN_INSTANTIATE(std::vector<double>);
DTRAIN_INSTANTIATE(std::vector<std::int64_t>);
DTRAIN_INSTANTIATE(std::vector<std::string>);
#undef DTRAIN_INSTANTIATE

}  // namespace dtrain::hdf5
