// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "base/error.hpp"
#include "datasets/dataset.hpp"
#include "datasets/dataset_file.hpp"
#include "datasets/digits/digits.hpp"
#include "datasets/formats/format.hpp"
#include "datasets/subset_dataset.hpp"
#include "datasets/synthetic.hpp"

namespace dtrain::datasets {
namespace {

namespace fs = std::filesystem;

/// The folders of DTRAIN_DATA, then the current one.
std::vector<fs::path> search_path() {
  std::vector<fs::path> folders;
  const char* variable = std::getenv("DTRAIN_DATA");
  std::istringstream list(variable != nullptr ? variable : "");
  for (std::string folder; std::getline(list, folder, ':');)
    if (!folder.empty()) folders.emplace_back(folder);
  folders.emplace_back(".");
  return folders;
}

/// The first existing `file` on the search path, else an empty path.
fs::path find(const fs::path& file) {
  std::error_code ignored;
  for (const fs::path& folder : search_path())
    if (fs::path candidate = folder / file; fs::is_regular_file(candidate, ignored))
      return candidate;
  return {};
}

constexpr const char* debian_fashion_mnist = "/usr/share/datasets/fashion-mnist";

DatasetSplits open_debian_fashion_mnist() {
  ImportRequest request;
  request.sources = {debian_fashion_mnist};
  return import_dataset(find_format("idx"), request, 0);
}

[[noreturn]] void fail_unknown(const std::string& name) {
  if (name.empty()) throw InputError("the name of the dataset is empty");
  if (name.ends_with(".h5") || name.find('/') != std::string::npos)
    throw InputError(fmt::format(
        "{}: no such dataset file; `dtrain data import` makes one from other formats", name));
  if (name == "fashion-mnist")
    throw InputError(
        "fashion-mnist: neither fashion-mnist.h5 on the search path (DTRAIN_DATA) nor Debian's "
        "package was found; apt-get install dataset-fashion-mnist, or make the file with dtrain "
        "data import idx FOLDER -o fashion-mnist.h5");
  throw InputError(fmt::format(
      "{}: no such dataset; there is no {}.h5 on the search path (DTRAIN_DATA and the current "
      "folder), and the built-in ones are digits and synthetic:CxHxW:CLASSES:COUNT",
      name, name));
}

DatasetSplits open_by_name(const std::string& name, std::int64_t memory_limit_bytes) {
  std::error_code ignored;
  if (name.starts_with(synthetic_prefix)) return make_synthetic(name, memory_limit_bytes);
  if (name == "digits") return open_digits();
  if (const auto file = find_dataset_file(name))
    return open_dataset_file(*file, memory_limit_bytes);
  if (name == "fashion-mnist" && fs::is_directory(debian_fashion_mnist, ignored))
    return open_debian_fashion_mnist();
  fail_unknown(name);
}

}  // namespace

std::optional<fs::path> find_dataset_file(const std::string& name_or_path) {
  if (name_or_path.starts_with(synthetic_prefix) || name_or_path == "digits") return std::nullopt;
  std::error_code ignored;
  if (fs::is_regular_file(name_or_path, ignored)) return name_or_path;
  for (const std::string& file : {name_or_path, name_or_path + ".h5"})
    if (const fs::path found = find(file); !found.empty()) return found;
  return std::nullopt;
}

DatasetSplits open_dataset(const std::string& name_or_path, const OpenOptions& options) {
  DatasetSplits splits = open_by_name(name_or_path, options.memory_limit_bytes);
  // A checkpoint keeps mean and deviation in attributes, which hold 64 KiB.
  constexpr std::size_t most_channels = 16000;
  if (const std::size_t channels = splits.train->info().mean.size(); channels > most_channels)
    throw InputError(fmt::format("{} has {} channels; dtrain takes up to {}", name_or_path,
                                 channels, most_channels));
  if (options.validation_fraction > 0)
    hold_out_validation(splits, options.validation_fraction, options.seed);
  return splits;
}

}  // namespace dtrain::datasets
