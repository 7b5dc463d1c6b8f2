// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// hdf5: files, groups and datasets of the HDF5 C library as handles that close themselves.
//
//   auto file = hdf5::File::create("out.h5");
//   auto train = file.create_group("train");
//   train.write_array<float>("bias", {64}, values);
//   file.close();   // after train and all other handles are gone
//
// Files are written in the format of HDF5 1.10, whose headers and indexes carry checksums.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "hdf5/dataset.hpp"

namespace dtrain::hdf5 {

/// "1.10.8": of the library that runs.
std::string library_version();

class Group : public Object {
 public:
  bool contains(const std::string& name) const;
  /// Members, in the order in which they were created where the file knows it, else by name.
  std::vector<std::string> names() const;

  Group group(const std::string& name) const;
  Dataset dataset(const std::string& name) const;

  Group create_group(const std::string& name);
  Dataset create_dataset(const std::string& name, ElementType type,
                         const std::vector<std::int64_t>& extents, Storage storage = {});
  template <class T>
  void write_array(const std::string& name, const std::vector<std::int64_t>& extents,
                   std::span<const T> values, Storage storage = {}) {
    create_dataset(name, element_type<T>(), extents, storage).write(values);
  }
  /// A scalar dataset that holds one string of any length; read it with Dataset::read_string().
  void write_string(const std::string& name, const std::string& text);

 protected:
  using Object::Object;
  std::string child_path(const std::string& name) const;
};

/// The file, and its root group. Move-only.
class File : public Group {
 public:
  File(File&&) = default;
  File& operator=(File&&) = delete;
  ~File() { id_.reset(); }  // before the file itself

  /// Makes or empties `file`. The first `user_block_bytes` (0, or a power of two from 512) are left
  /// to the caller: zeros that HDF5 and h5py skip.
  static File create(const std::filesystem::path& file, std::int64_t user_block_bytes = 0);
  /// The same in memory; `name` is for messages. See image().
  static File create_in_memory(const std::string& name, std::int64_t user_block_bytes = 0);
  /// For reading only.
  static File open(const std::filesystem::path& file);
  /// Reads a whole file that lies in memory. `bytes` are copied.
  static File open_image(const std::string& name, std::span<const std::byte> bytes);

  /// The bytes that the file would have on disk, user block included. Only for create_in_memory().
  std::vector<std::byte> image() const;

  /// After writing: puts what is left on disk and closes; throws Error when that fails. No other
  /// handle of the file may be alive. Without close() the destructor closes, silently.
  void close();

 private:
  File(Identifier root, Identifier file, std::shared_ptr<const FileContext> context)
      : Group(std::move(root), std::move(context), "/"), file_id_(std::move(file)) {}
  /// `path`: what HDF5 opens; `name`: for messages.
  static File open_with(std::int64_t access, const std::string& path, const std::string& name,
                        std::int64_t bytes);
  static File create_with(std::int64_t access, const std::string& path, const std::string& name,
                          std::int64_t user_block_bytes);

  Identifier file_id_;
  std::int64_t user_block_bytes_ = 0;
};

}  // namespace dtrain::hdf5
