// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/formats/source_files.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace dtrain::datasets {

namespace fs = std::filesystem;

std::vector<SourceFile> find_source_files(const ImportRequest& request,
                                          bool (*wanted)(const fs::path&)) {
  std::vector<SourceFile> files;
  const auto add = [&](const fs::path& source, bool test) {
    std::error_code error;
    if (!fs::is_directory(source, error)) {
      if (!fs::exists(source, error))
        throw InputError(fmt::format("{}: no such file or folder", source.string()));
      files.push_back({source, test});
      return;
    }
    std::vector<fs::path> found;
    for (fs::directory_iterator entry(source, error), end; !error && entry != end;
         entry.increment(error))
      if (std::error_code ignored; entry->is_regular_file(ignored) && wanted(entry->path()))
        found.push_back(entry->path());
    if (error) throw InputError(fmt::format("{}: {}", source.string(), error.message()));
    if (found.empty())
      throw InputError(fmt::format("{}: no file in this folder is of the format", source.string()));
    std::sort(found.begin(), found.end());
    for (const fs::path& file : found) files.push_back({file, test});
  };
  for (const fs::path& source : request.sources) add(source, false);
  for (const fs::path& source : request.test_sources) add(source, true);
  return files;
}

void append(std::vector<std::byte>& samples, std::vector<std::byte> more) {
  if (samples.empty()) {
    samples = std::move(more);
  } else {
    samples.insert(samples.end(), more.begin(), more.end());
  }
}

}  // namespace dtrain::datasets
