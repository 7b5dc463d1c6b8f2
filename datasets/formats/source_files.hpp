// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <filesystem>
#include <vector>

#include "datasets/formats/format.hpp"

namespace dtrain::datasets {

/// A file to import.
struct SourceFile {
  std::filesystem::path path;
  bool test = false;  ///< named under --test
};

/// The files that were asked for, in a fixed order; a folder stands for those files directly in it
/// that `wanted` accepts. Throws InputError when something does not exist or a folder holds none.
std::vector<SourceFile> find_source_files(const ImportRequest& request,
                                          bool (*wanted)(const std::filesystem::path&));

}  // namespace dtrain::datasets
