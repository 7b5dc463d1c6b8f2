// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Files that the HDF5 library may crash on, read by a child process first (hdf5/rehearsal.hpp). Each
// throws InputError where the child crashes. To be called before MPI is started. Files that are sealed,
// or not HDF5, are passed over.

#include <string>

namespace dtrain::launch {

/// What `--data` names: headers and labels, and samples up to 8 MiB a split.
void rehearse_dataset(const std::string& name_or_path);
/// What `--init` names.
void rehearse_weights(const std::string& file_or_folder);
/// An input of predict.
void rehearse_images(const std::string& file);

}  // namespace dtrain::launch
