// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <functional>

namespace dtrain::fuzz {

/// Calls `read` in a child process and tells whether it crashed there beneath the HDF5 library, whose
/// faults are not ours to find. What else goes wrong in the child is left to the caller's own reading.
/// (The product's hdf5::rehearse() does not ask whose fault a crash was.)
bool crashes_beneath_hdf5(const std::function<void()>& read);

}  // namespace dtrain::fuzz
