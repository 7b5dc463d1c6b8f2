// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// A folder per class: SOURCE/cat/1.png. A source that holds the folders train and test (or val) has
// both splits, SOURCE/train/cat/1.png. Classes are the folders' names in alphabetical order.

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "datasets/formats/format.hpp"
#include "datasets/formats/image_file.hpp"

namespace dtrain::datasets {
namespace {

namespace fs = std::filesystem;

/// Folders or image files directly in `folder`, by name.
std::vector<fs::path> list(const fs::path& folder, bool (*wanted)(const fs::directory_entry&)) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    if (wanted(*entry) && !entry->path().filename().string().starts_with("."))
      found.push_back(entry->path());
  if (error) throw InputError(fmt::format("{}: {}", folder.string(), error.message()));
  std::sort(found.begin(), found.end());
  return found;
}

bool is_folder(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.is_directory(ignored);
}
bool is_image(const fs::directory_entry& entry) {
  return is_image_name(entry.path());
}

struct ClassFolder {
  fs::path path;
  bool test;
};

std::vector<ClassFolder> find_class_folders(const ImportRequest& request) {
  std::vector<ClassFolder> classes;
  const auto add = [&](const fs::path& folder, bool test) {
    const std::vector<fs::path> found = list(folder, is_folder);
    if (found.empty())
      throw InputError(
          fmt::format("{}: holds no folders; one per class was expected", folder.string()));
    for (const fs::path& path : found) classes.push_back({path, test});
  };
  for (const fs::path& source : request.sources) {
    std::error_code ignored;
    if (!fs::is_directory(source / "train", ignored)) {
      add(source, false);
      continue;
    }
    add(source / "train", false);
    for (const char* name : {"test", "val"})
      if (fs::is_directory(source / name, ignored)) {
        add(source / name, true);
        break;
      }
  }
  for (const fs::path& source : request.test_sources) add(source, true);
  return classes;
}

}  // namespace

ImportedDataset import_image_folder(const ImportRequest& request) {
  const std::vector<ClassFolder> folders = find_class_folders(request);
  std::set<std::string> names;
  for (const ClassFolder& folder : folders)
    if (!folder.test) names.insert(folder.path.filename().string());

  ImportedDataset dataset;
  dataset.info.classes.assign(names.begin(), names.end());
  std::string first_file;
  for (const ClassFolder& folder : folders) {
    const auto found = names.find(folder.path.filename().string());
    if (found == names.end())
      throw InputError(
          fmt::format("{}: the training split has no such class", folder.path.string()));
    const auto label = static_cast<std::int64_t>(std::distance(names.begin(), found));
    ImportedSplit& split = folder.test ? dataset.test : dataset.train;
    for (const fs::path& file : list(folder.path, is_image)) {
      const Image image = read_image(file);
      if (first_file.empty()) {
        first_file = file.string();
        dataset.info.sample_shape = image.shape;
      } else if (image.shape != dataset.info.sample_shape) {
        throw InputError(fmt::format("{}: is {}, but {} is {}; all images must have one size",
                                     file.string(), image.shape.to_string(), first_file,
                                     dataset.info.sample_shape.to_string()));
      }
      split.samples.insert(split.samples.end(), image.planes.begin(), image.planes.end());
      split.labels.push_back(label);
    }
  }
  return dataset;
}

}  // namespace dtrain::datasets
