// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Private to this room: the one place that includes the C library's header.

#include <hdf5.h>

#include <mutex>
#include <string>

#include "hdf5/dataset.hpp"

namespace dtrain::hdf5 {

/// Held around every call into HDF5: the process-wide lock, with HDF5's own printing off.
class LibraryLock {
 public:
  LibraryLock();

 private:
  std::lock_guard<std::recursive_mutex> lock_;
};

/// The innermost reason on HDF5's error stack, "" when there is none.
std::string library_reason();

/// Throws InputError or Error by the file's mode.
[[noreturn]] void throw_failure(const FileContext&, const std::string& path,
                                const std::string& what);

hid_t native_type(ElementType);
ElementType stored_type(hid_t type);
/// Fixed length, UTF-8, padded with zeros. At least one byte long.
Identifier fixed_string_type(std::size_t length);

}  // namespace dtrain::hdf5
