// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The dataset file: HDF5, as docs/dataset-format.md says.

#include <filesystem>
#include <optional>
#include <string>

#include "datasets/dataset.hpp"

namespace dtrain::datasets {

/// The file that open_dataset(name_or_path) opens, where that is one of this kind.
std::optional<std::filesystem::path> find_dataset_file(const std::string& name_or_path);

/// Opens both splits; a split up to `memory_limit_bytes` is read into memory, a larger one is
/// streamed. Samples are numbered, stored and ordered the same in both cases. Throws InputError
/// naming the file and what is wrong: missing parts, shapes that do not agree, labels out of range,
/// numbers that are not finite, chunks whose checksum fails.
DatasetSplits open_dataset_file(const std::filesystem::path& path, std::int64_t memory_limit_bytes);

/// Writes a temporary file beside `path`, flushes it to disk and renames it. Throws Error and
/// leaves nothing behind when that cannot be done.
void write_dataset_file(const std::filesystem::path& path, Dataset& train, Dataset& test);

}  // namespace dtrain::datasets
