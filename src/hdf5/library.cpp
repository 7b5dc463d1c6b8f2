// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "hdf5/library.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/error.hpp"
#include "hdf5/file.hpp"

namespace dtrain::hdf5 {

static_assert(sizeof(hid_t) == sizeof(std::int64_t), "HDF5 before 1.10 is too old");

namespace {

std::recursive_mutex& library_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

}  // namespace

LibraryLock::LibraryLock() : lock_(library_mutex()) {
  // Handles close themselves; after a full disk HDF5's own clean-up at exit would only fail again.
  [[maybe_unused]] static const herr_t once = H5dont_atexit();
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // per thread in thread-safe builds
}

std::string library_reason() {
  std::string reason;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned, const H5E_error2_t* error, void* text) -> herr_t {
        *static_cast<std::string*>(text) = error->desc != nullptr ? error->desc : "";
        return 1;  // the first one is the innermost
      },
      &reason);
  H5Eclear2(H5E_DEFAULT);
  // "unable to open file: name = 'a.h5', errno = 2, error message = 'No such file or directory', …"
  const std::string marker = "error message = '";
  if (const auto begin = reason.find(marker); begin != std::string::npos) {
    const auto text = begin + marker.size();
    reason = reason.substr(text, reason.find('\'', text) - text);
  }
  return reason;
}

std::string library_version() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return fmt::format("{}.{}.{}", major, minor, release);
}

void throw_failure(const FileContext& file, const std::string& path, const std::string& what) {
  const std::string message = path == "/" ? fmt::format("{}: {}", file.name, what)
                                          : fmt::format("{}: {}: {}", file.name, path, what);
  if (file.mode == FileContext::Mode::read) throw InputError(message);
  throw Error(message);
}

hid_t native_type(ElementType type) {
  switch (type) {
    case ElementType::uint8:
      return H5T_NATIVE_UINT8;
    case ElementType::int64:
      return H5T_NATIVE_INT64;
    case ElementType::float32:
      return H5T_NATIVE_FLOAT;
    case ElementType::float64:
      return H5T_NATIVE_DOUBLE;
    case ElementType::string:
    case ElementType::other:
      break;
  }
  DTRAIN_ASSERT(!"an element type with a native type");
  return -1;
}

ElementType stored_type(hid_t type) {
  const std::size_t bytes = H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      return bytes > 8                                         ? ElementType::other
             : bytes == 1 && H5Tget_sign(type) == H5T_SGN_NONE ? ElementType::uint8
                                                               : ElementType::int64;
    case H5T_FLOAT:
      return bytes == 4   ? ElementType::float32
             : bytes == 8 ? ElementType::float64
                          : ElementType::other;
    case H5T_STRING:
      return ElementType::string;
    default:
      return ElementType::other;
  }
}

Identifier fixed_string_type(std::size_t length) {
  Identifier type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.get(), std::max<std::size_t>(length, 1));
  H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  return type;
}

Identifier& Identifier::operator=(Identifier&& other) noexcept {
  if (this != &other) {
    reset();
    id_ = other.release();
  }
  return *this;
}

std::int64_t Identifier::release() {
  return std::exchange(id_, -1);
}

bool Identifier::reset() {
  const std::int64_t id = release();
  if (id < 0) return true;
  const LibraryLock lock;
  // Closes groups, datasets, types and files alike; only a file can fail to flush.
  return (H5Iget_type(id) == H5I_FILE ? H5Fclose(id) : H5Idec_ref(id)) >= 0;
}

void Object::fail(const std::string& what) const {
  throw_failure(*file_, path_, what);
}

std::int64_t Object::check(std::int64_t result, const std::string& what) const {
  if (result >= 0) return result;
  const LibraryLock lock;
  const std::string reason = library_reason();
  fail(reason.empty() ? what : fmt::format("{}: {}", what, reason));
}

}  // namespace dtrain::hdf5
