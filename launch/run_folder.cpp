// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/run_folder.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <cctype>
#include <ctime>

#include "base/error.hpp"
#include "train/checkpoint_folder.hpp"
#include "train/output_file.hpp"

namespace dtrain::launch {
namespace {

namespace fs = std::filesystem;

bool holds_run(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name == "config.toml" || name == "latest" || name == "summary.json" ||
        name == "metrics.jsonl" || (name.starts_with("checkpoint-") && name.ends_with(".h5")))
      return true;
  }
  return false;
}

/// The part of a model's or dataset's name that may stand in a folder's name.
std::string short_name(const std::string& name) {
  std::string stem = fs::path(name).stem().string();
  const auto plain = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; };
  for (char& c : stem)
    if (!plain(static_cast<unsigned char>(c))) c = '-';
  return stem;
}

/// A name that is not taken yet.
fs::path default_folder(const std::string& model, const std::string& data) {
  const std::string name = fmt::format("{}-{}-{:%Y%m%d-%H%M%S}", short_name(model),
                                       short_name(data), fmt::gmtime(std::time(nullptr)));
  fs::path folder = fs::path("runs") / name;
  for (int copy = 2; fs::exists(folder); ++copy)
    folder = fs::path("runs") / fmt::format("{}-{}", name, copy);
  return folder;
}

}  // namespace

fs::path resumed_folder(const TrainSettings& settings) {
  if (settings.resume == "auto") return settings.output;
  if (fs::is_directory(settings.resume)) return settings.resume;
  const fs::path parent = fs::path(settings.resume).parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

fs::path choose_run_folder(const TrainSettings& settings, const std::string& model,
                           const std::string& data) {
  const fs::path resumed = settings.resume.empty() ? fs::path() : resumed_folder(settings);
  fs::path folder = !settings.output.empty() ? fs::path(settings.output)
                    : !resumed.empty()       ? resumed
                                             : default_folder(model, data);
  std::error_code ignored;
  if (holds_run(folder) && !fs::equivalent(folder, resumed, ignored))
    throw UsageError(fmt::format(
        "{0} already holds a run: name another --output, or go on with it by --resume {0}",
        folder.string()));
  return folder;
}

void prepare_run_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Error(fmt::format("cannot make the output folder {}: {}; name another one with --output",
                            folder.string(), error.message()));
  // Permissions and quotas show only when something is written.
  const fs::path probe = folder / ".dtrain-write-test";
  train::write_file(probe, "\n");
  fs::remove(probe, error);
  fs::remove(folder / "summary.json", error);  // of a run that now goes on
}

std::optional<StartingPoint> starting_point(const TrainSettings& settings,
                                            const std::function<void(const std::string&)>& notice) {
  if (!settings.resume.empty()) {
    const fs::path folder = resumed_folder(settings);
    if (settings.resume != "auto" && !fs::is_directory(settings.resume))
      return StartingPoint{train::read_checkpoint(settings.resume), true};

    auto found = train::newest_checkpoint(folder, notice);
    if (found) {
      notice(fmt::format("resuming from {}", found->file.string()));
      return StartingPoint{std::move(found->checkpoint), true};
    }
    if (settings.resume != "auto")
      throw InputError(fmt::format("{} holds no checkpoint that can be read", folder.string()));
    notice(fmt::format("no checkpoint in {} to resume from: starting fresh", folder.string()));
  }
  if (settings.init.empty()) return std::nullopt;
  return StartingPoint{train::read_weights(settings.init), false};
}

}  // namespace dtrain::launch
