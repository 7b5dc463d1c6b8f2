// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/study_folder.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <tuple>

#include "base/error.hpp"
#include "train/json.hpp"
#include "train/output_file.hpp"

namespace dtrain::launch {
namespace {

namespace fs = std::filesystem;
using train::Json;

/// What all runs of a folder have in common, and their folders' names do not tell.
Json plan_of(const StudyOptions& options) {
  return {{"schema", 1},
          {"kind", to_string(options.matrix.kind)},
          {"data", options.data},
          {"epochs", options.epochs},
          {"train_options", options.train_words}};
}

void refuse_another_plan(const StudyOptions& options, const fs::path& file) {
  Json found;
  try {
    std::ifstream stream(file);
    found = Json::parse(stream);
  } catch (const Json::exception& error) {
    throw InputError(fmt::format("{} is not the plan of a study: {}", file.string(), error.what()));
  }
  const Json plan = plan_of(options);
  for (const auto& [name, wanted] : plan.items())
    if (const Json there = found.value(name, Json(nullptr)); there != wanted)
      throw UsageError(fmt::format("{} holds a study whose {} is {}, not {}: name another --output",
                                   options.folder.string(), name, train::to_text(there),
                                   train::to_text(wanted)));
}

}  // namespace

void claim_study_folder(const StudyOptions& options) {
  const fs::path file = options.folder / study_plan_file;
  std::error_code error;
  if (fs::exists(file)) return refuse_another_plan(options, file);
  if (fs::exists(options.folder) && !fs::is_empty(options.folder, error))
    throw UsageError(fmt::format("{} holds something else than a study: name another --output",
                                 options.folder.string()));
  fs::create_directories(options.folder, error);
  if (error)
    throw Error(fmt::format("cannot make the folder {}: {}; name another one with --output",
                            options.folder.string(), error.message()));
  train::write_file(file, train::to_text(plan_of(options), 2) + "\n");
}

std::vector<AllreduceTime> read_allreduce_times(const fs::path& folder) {
  std::vector<AllreduceTime> times;
  for (const auto& entry : fs::directory_iterator(folder)) {
    int ranks = 0, repeat = 0, length = 0;
    const std::string name = entry.path().filename().string();
    std::sscanf(name.c_str(), "allreduce-r%d-%d.json%n", &ranks, &repeat, &length);
    if (length == 0 || static_cast<std::size_t>(length) != name.size()) continue;
    try {
      std::ifstream stream(entry.path());
      for (std::string line; std::getline(stream, line);) {
        const Json row = Json::parse(line);
        times.push_back({.ranks = row.at("ranks"),
                         .nodes = row.at("nodes"),
                         .bytes = row.at("bytes"),
                         .repeat = repeat,
                         .algorithm = row.at("algorithm"),
                         .median_us = row.at("median_us")});
      }
    } catch (const Json::exception& damage) {
      throw InputError(fmt::format("{} is damaged: {}; remove it, and the study measures it again",
                                   entry.path().string(), damage.what()));
    }
  }
  std::ranges::stable_sort(times, {}, [](const AllreduceTime& time) {
    return std::tie(time.ranks, time.nodes, time.repeat);
  });
  return times;
}

}  // namespace dtrain::launch
