// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/checkpoint_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>

#include "base/error.hpp"
#include "train/output_file.hpp"

namespace dtrain::train {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "checkpoint-", suffix = ".h5";

std::string file_name(std::int64_t step) {
  return fmt::format("{}{:04}{}", prefix, step, suffix);
}

/// The step in a checkpoint's name; none for other names.
std::optional<std::int64_t> step_of(std::string_view name) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  name.remove_suffix(suffix.size());
  std::int64_t step = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), step);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return step;
}

/// Whether this is a name under which a checkpoint, or `latest`, is being written.
bool is_partial(std::string_view name) {
  constexpr std::string_view ending = ".partial";
  if (!name.ends_with(ending)) return false;
  name.remove_suffix(ending.size());
  return name == "latest" || step_of(name);
}

std::map<std::int64_t, fs::path> checkpoints_in(const fs::path& folder) {
  std::map<std::int64_t, fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (const auto step = step_of(entry.path().filename().string())) files[*step] = entry.path();
  return files;
}

}  // namespace

CheckpointFolder::CheckpointFolder(fs::path folder, std::int64_t keep)
    : folder_(std::move(folder)), keep_(std::max<std::int64_t>(keep, 1)) {}

fs::path CheckpointFolder::write(const Checkpoint& checkpoint) const {
  const Progress& progress = checkpoint.progress;
  fs::path file = folder_ / file_name(progress.step);
  write_checkpoint(file, checkpoint);
  write_file(folder_ / "latest", file.filename().string() + "\n");

  // What a killed process may have left half-written is nobody's any more.
  std::error_code ignored;  // a file that cannot be removed harms nobody
  for (const auto& entry : fs::directory_iterator(folder_))
    if (is_partial(entry.path().filename().string())) fs::remove(entry.path(), ignored);

  // Later ones are another branch of the run, left from before it was resumed: not ours to remove.
  auto files = checkpoints_in(folder_);
  files.erase(files.upper_bound(progress.step), files.end());
  std::int64_t surplus = static_cast<std::int64_t>(files.size()) - keep_;
  for (auto it = files.begin(); it != files.end() && surplus > 0; ++it, --surplus)
    if (it->first != progress.best_step) fs::remove(it->second, ignored);
  return file;
}

std::optional<FoundCheckpoint> newest_checkpoint(
    const fs::path& folder, const std::function<void(const std::string&)>& notice) {
  auto files = checkpoints_in(folder);
  std::string latest;
  std::ifstream(folder / "latest") >> latest;
  if (const auto step = step_of(latest); step && files.contains(*step))
    files.erase(files.upper_bound(*step), files.end());
  // NOLINTNEXTLINE(modernize-loop-convert): clang 14 takes no std::views
  for (auto it = files.rbegin(); it != files.rend(); ++it) {
    try {
      return FoundCheckpoint{it->second, read_checkpoint(it->second)};
    } catch (const InputError& error) {
      notice(fmt::format("{} Using the checkpoint before it.", error.what()));
    }
  }
  return std::nullopt;
}

}  // namespace dtrain::train
