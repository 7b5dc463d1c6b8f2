// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Foreign formats: one .cpp each, one row each in format_registry.cpp.

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/dataset.hpp"

namespace dtrain::datasets {

/// What `dtrain data import FORMAT` was asked for.
struct ImportRequest {
  std::vector<std::filesystem::path> sources;       ///< files or folders
  std::vector<std::filesystem::path> test_sources;  ///< of the test split, where names do not tell
  Shape sample_shape;                               ///< csv: (C, H, W); rank 0: a square grey image
  std::string label_column;   ///< csv: a name, or a number from 0; "": "label" or the last one
  std::string name = "data";  ///< of the dataset, where the sources do not tell
};

/// One split as it was found. Empty when the sources hold none.
struct ImportedSplit {
  std::vector<std::byte> samples;  ///< dense, of the dataset's sample_shape and type
  std::vector<std::int64_t> labels;
};

struct ImportedDataset {
  DatasetInfo
      info;  ///< all but mean and std; classes may be empty: then they are 0 .. the largest label
  ImportedSplit train, test;
};

/// Reads all sources. Throws InputError naming the file and what is wrong with it.
using Import = ImportedDataset (*)(const ImportRequest&);

struct Format {
  std::string_view name;
  std::string_view summary;  ///< one line for help
  Import import;
};

ImportedDataset import_idx(const ImportRequest&);
ImportedDataset import_cifar10(const ImportRequest&);
ImportedDataset import_cifar100(const ImportRequest&);
ImportedDataset import_csv(const ImportRequest&);
ImportedDataset import_image_folder(const ImportRequest&);

/// Puts `more` at the end of `samples`, without a copy where that is empty.
void append(std::vector<std::byte>& samples, std::vector<std::byte> more);

/// All formats.
std::span<const Format> formats();
/// Throws UsageError that lists the known ones.
const Format& find_format(std::string_view name);

/// Both splits in memory, with the training split's mean and deviation filled in.
DatasetSplits hold_in_memory(DatasetInfo info, ImportedSplit train, ImportedSplit test);

/// Imports and checks: labels in range, samples in both splits, class names, mean and deviation.
/// Without a test split round(test_fraction * size) of the samples become one, chosen by a fixed
/// seed; with 0 it is an InputError.
DatasetSplits import_dataset(const Format& format, const ImportRequest& request,
                             double test_fraction);

}  // namespace dtrain::datasets
