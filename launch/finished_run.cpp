// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/finished_run.hpp"

#include <algorithm>
#include <fstream>

#include "base/error.hpp"
#include "launch/config_file.hpp"
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

/// The median of a member over the epochs that have it.
std::optional<double> epoch_median(const Json& summary, const char* member) {
  std::vector<double> values;
  for (const Json& epoch : summary.at("epochs"))
    if (const auto value = number(epoch, member)) values.push_back(*value);
  if (values.empty()) return std::nullopt;
  return spread_of(std::move(values)).median;
}

std::optional<StepMilliseconds> step_of(const Json& summary) {
  const auto found = summary.find("step_milliseconds");
  if (found == summary.end()) return std::nullopt;
  return StepMilliseconds{.median = found->at("median"),
                          .p95 = found->at("p95"),
                          .data = found->at("data"),
                          .forward = found->at("forward"),
                          .backward = found->at("backward"),
                          .comm_exposed = found->at("comm_exposed"),
                          .optimizer = found->at("optimizer")};
}

/// What --comm asked for.
std::string comm_of(const fs::path& folder) {
  const fs::path file = folder / "config.toml";
  if (fs::exists(file))
    for (const ConfigItem& item : read_config_file(file))
      if (item.option() == "comm") return item.value;
  return "auto";
}

Json read_json(const fs::path& file) {
  std::ifstream stream(file);
  return Json::parse(stream);
}

/// The bench's batch is what its slowest replica took, which a batch that does not divide makes a
/// little more than the run's.
std::optional<double> ideal_rate(const fs::path& folder, std::int64_t global_batch) {
  const fs::path file = folder / ideal_step_file;
  if (!fs::exists(file)) return std::nullopt;
  try {
    const double milliseconds = read_json(file).at("ms_per_step");
    return 1e3 * static_cast<double>(global_batch) / milliseconds;
  } catch (const Json::exception& error) {
    throw InputError(fmt::format("{} is damaged: {}; remove it, and the study measures it again",
                                 file.string(), error.what()));
  }
}

bool was_stopped(const Json& summary) {
  return summary.at("stop_reason") == to_string(train::StopReason::stopped);
}

FinishedRun run_of(const Json& summary, const fs::path& folder, double samples_per_second) {
  FinishedRun run{.folder = folder,
                  .kind = study_kind_of(folder.parent_path()),
                  .model = summary.at("model"),
                  .dataset = summary.at("dataset"),
                  .device = summary.at("device"),
                  .precision = summary.at("precision"),
                  .comm = comm_of(folder),
                  .nodes = summary.at("nodes"),
                  .ranks = summary.at("world_size"),
                  .threads_per_rank = summary.at("threads_per_rank"),
                  .global_batch = summary.at("global_batch"),
                  .samples_per_second = samples_per_second,
                  .test_accuracy = number(summary, "test_accuracy"),
                  .step = step_of(summary),
                  .epoch_seconds = epoch_median(summary, "train_seconds"),
                  .joules_per_epoch = epoch_median(summary, "energy_joules"),
                  .joules_per_sample = epoch_median(summary, "joules_per_sample"),
                  .energy_joules = number(summary.at("energy"), "joules"),
                  .energy_is_estimated = summary.at("energy").at("estimated"),
                  .gflops = number(summary, "gflops"),
                  .fraction_of_peak = number(summary, "fraction_of_peak"),
                  .moved_gb_per_s = std::nullopt,
                  .ideal_samples_per_second = std::nullopt};
  run.test_samples = static_cast<std::int64_t>(number(summary, "test_samples").value_or(0));
  run.ideal_samples_per_second = ideal_rate(folder, run.global_batch);
  if (const auto roofline = summary.find("roofline"); roofline != summary.end())
    if (const auto bytes = number(*roofline, "bytes_per_sample"))
      run.moved_gb_per_s = 1e-9 * *bytes * samples_per_second;
  return run;
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
    const Json summary = read_json(file);
    if (was_stopped(summary)) {
      notice(fmt::format("{0} is left out: it was stopped before its end (dtrain --resume {0})",
                         folder.string()));
      return std::nullopt;
    }
    const auto speed = number(summary, "samples_per_second");
    if (!speed) {
      notice(fmt::format("{} is left out: it trained nothing", folder.string()));
      return std::nullopt;
    }
    return run_of(summary, folder, *speed);
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

bool is_finished_run(const fs::path& folder) {
  const fs::path file = folder / "summary.json";
  try {
    return fs::exists(file) && !was_stopped(read_json(file));
  } catch (const Json::exception&) {
    return false;  // cut off while it was written
  }
}

}  // namespace dtrain::launch
