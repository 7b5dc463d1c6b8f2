// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What groups and datasets of an HDF5 file have in common: an identifier, a path, attributes.
//
// Errors: what cannot be read is an InputError, what cannot be written an Error; both begin with
// the file's name and the object's path and end with HDF5's own reason. HDF5 itself prints nothing.
// Threads: not every build of HDF5 is safe to call from two threads, so every call here holds one
// process-wide lock. Different threads may use different objects at the same time.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dtrain::hdf5 {

/// Owns one HDF5 identifier of any kind.
class Identifier {
 public:
  Identifier() = default;
  explicit Identifier(std::int64_t id) : id_(id) {}
  Identifier(Identifier&& other) noexcept : id_(other.release()) {}
  Identifier& operator=(Identifier&& other) noexcept;
  ~Identifier() { reset(); }

  std::int64_t get() const { return id_; }
  std::int64_t release();
  /// Gives the identifier back to HDF5. False when HDF5 could not (bytes that did not reach the
  /// disk).
  bool reset();

 private:
  std::int64_t id_ = -1;
};

/// The file that an object lies in, for messages.
struct FileContext {
  enum class Mode { read, write };
  std::string name;
  Mode mode = Mode::read;
  std::int64_t bytes = 0;  ///< size when opened for reading: nothing in it can honestly be larger
};

class Object {
 public:
  /// "/train/images"
  const std::string& path() const { return path_; }
  /// Ends a message about this object: "data.h5: /train/images: <what>" as the right kind of error.
  [[noreturn]] void fail(const std::string& what) const;

  bool has_attribute(const std::string& name) const;
  /// T: std::int64_t, std::uint64_t, double, std::string (scalars), or a std::vector of float,
  /// double, std::int64_t or std::string. Numbers convert; a string is no number.
  template <class T>
  T attribute(const std::string& name) const;
  /// Strings are stored with fixed length, within the object's checksummed header.
  template <class T>
  void set_attribute(const std::string& name, const T& value);

 protected:
  Object(Identifier id, std::shared_ptr<const FileContext> file, std::string path)
      : id_(std::move(id)), file_(std::move(file)), path_(std::move(path)) {}
  /// `result` unless negative; then throws as fail() does, with HDF5's reason.
  std::int64_t check(std::int64_t result, const std::string& what) const;

  Identifier id_;
  std::shared_ptr<const FileContext> file_;
  std::string path_;
};

}  // namespace dtrain::hdf5
