// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace dtrain::train {

/// Bytes in front of a checkpoint's HDF5 part; HDF5 calls them the user block.
inline constexpr std::size_t seal_bytes = 512;

/// Fills in the first 512 bytes of `file` for what follows them.
void seal(std::span<std::byte> file);

/// Throws InputError unless `file` is exactly what seal() left. `origin` names it.
void check_seal(std::span<const std::byte> file, const std::string& origin);

/// Does it claim to be sealed, rightly or not?
bool has_seal(std::span<const std::byte> file);

}  // namespace dtrain::train
