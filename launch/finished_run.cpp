// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/finished_run.hpp"

#include <algorithm>
#include <fstream>

#include "base/error.hpp"
#include "launch/spread.hpp"
#include "train/json.hpp"
#include "train/training_result.hpp"

namespace dtrain::launch {
namespace {

namespace fs = std::filesystem;
using train::Json;

/// The member's value; none where it is null or missing.
std::optional<double> number(const Json& object, const char* member) {
  const auto found = object.find(member);
  if (found == object.end() || found->is_null()) return std::nullopt;
  return found->get<double>();
}

std::optional<double> median_joules_per_sample(const Json& epochs) {
  std::vector<double> values;
  for (const Json& epoch : epochs)
    if (const auto joules = number(epoch, "joules_per_sample")) values.push_back(*joules);
  if (values.empty()) return std::nullopt;
  return spread_of(std::move(values)).median;
}

/// None, and a word to `notice`, where the run has no figures to compare.
std::optional<FinishedRun> read_run(const fs::path& folder,
                                    const std::function<void(const std::string&)>& notice) {
  const fs::path file = folder / "summary.json";
  if (!fs::exists(file)) {
    notice(fmt::format("{} is left out: it has no summary.json, so it has not ended",
                       folder.string()));
    return std::nullopt;
  }
  try {
    std::ifstream stream(file);
    const Json summary = Json::parse(stream);
    if (summary.at("stop_reason") == to_string(train::StopReason::stopped)) {
      notice(fmt::format("{0} is left out: it was stopped before its end (dtrain --resume {0})",
                         folder.string()));
      return std::nullopt;
    }
    const auto speed = number(summary, "samples_per_second");
    if (!speed) {
      notice(fmt::format("{} is left out: it trained nothing", folder.string()));
      return std::nullopt;
    }
    return FinishedRun{.folder = folder,
                       .model = summary.at("model"),
                       .dataset = summary.at("dataset"),
                       .device = summary.at("device"),
                       .precision = summary.at("precision"),
                       .nodes = summary.at("nodes"),
                       .ranks = summary.at("world_size"),
                       .threads_per_rank = summary.at("threads_per_rank"),
                       .global_batch = summary.at("global_batch"),
                       .samples_per_second = *speed,
                       .test_accuracy = number(summary, "test_accuracy"),
                       .joules_per_sample = median_joules_per_sample(summary.at("epochs")),
                       .energy_is_estimated = summary.at("energy").at("estimated")};
  } catch (const Json::exception& error) {
    throw InputError(
        fmt::format("{} is not the summary of a run: {}", file.string(), error.what()));
  }
}

bool is_run(const fs::path& folder) {
  return fs::exists(folder / "summary.json") || fs::exists(folder / "config.toml");
}

/// `folder` itself, or the runs in it at any depth.
std::vector<fs::path> run_folders(const fs::path& folder) {
  if (is_run(folder)) return {folder};
  std::vector<fs::path> found;
  for (auto entry = fs::recursive_directory_iterator(folder);
       entry != fs::recursive_directory_iterator(); ++entry) {
    if (!entry->is_directory() || !is_run(entry->path())) continue;
    found.push_back(entry->path());
    entry.disable_recursion_pending();
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace

std::vector<FinishedRun> find_finished_runs(std::span<const std::string> folders,
                                            const std::function<void(const std::string&)>& notice) {
  std::vector<FinishedRun> runs;
  for (const std::string& folder : folders) {
    if (!fs::is_directory(folder))
      throw InputError(fmt::format("{}: no such folder; name that of a run or of a study", folder));
    const std::size_t before = runs.size();
    for (const fs::path& each : run_folders(folder))
      if (auto run = read_run(each, notice)) runs.push_back(std::move(*run));
    if (runs.size() == before)
      throw InputError(fmt::format("{} holds no finished run: no summary.json", folder));
  }
  return runs;
}

}  // namespace dtrain::launch
