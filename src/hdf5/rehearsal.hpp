// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The HDF5 library can crash on a damaged file (seen in 1.10.8), and where no seal protects a file
// nothing tells in advance. Such a file is first read by a child process, a copy of this one that may
// crash; then this process reads it.

#include <functional>
#include <string>

namespace dtrain::hdf5 {

/// Calls `read` in a child process. Throws InputError that names `file` where the child crashes, or
/// takes more than two minutes of CPU time; what `read` throws there is left to the real reading. To be
/// called while there are no other threads and MPI is not started: forking is safe then.
void rehearse(const std::string& file, const std::function<void()>& read);

}  // namespace dtrain::hdf5
