// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/study_steps.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "launch/finished_run.hpp"
#include "launch/train_command_line.hpp"

namespace dtrain::launch {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

/// Options of train that are the study's to set.
constexpr std::array<std::string_view, 12> own_options{
    "--model",          "--data",         "--device", "--precision", "--comm",   "--threads",
    "--batch-per-rank", "--global-batch", "--epochs", "--output",    "--resume", "--progress"};

void refuse_own_options(const Words& train_words) {
  for (const std::string& word : train_words)
    if (std::ranges::find(own_options, word.substr(0, word.find('='))) != own_options.end())
      throw UsageError(fmt::format(
          "{} behind -- is the study's to set: use its option of that name, before the --", word));
}

/// What training and its ideal have in common.
Words shared_words(const StudyCell& cell, const StudyOptions& options) {
  Words words{"--model",  cell.model,  "--data",      options.data,
              "--device", cell.device, "--precision", cell.precision};
  if (cell.threads > 0) words.insert(words.end(), {"--threads", std::to_string(cell.threads)});
  return words;
}

Words train_words(const StudyCell& cell, const StudyOptions& options, const fs::path& folder) {
  Words words = options.train_words;
  const Words shared = shared_words(cell, options);
  words.insert(words.end(), shared.begin(), shared.end());
  words.insert(
      words.end(),
      {"--comm", cell.comm, "--global-batch", std::to_string(cell.global_batch), "--epochs",
       std::to_string(options.epochs), "--output", folder.string(), "--progress", "none"});
  return words;
}

/// The same step of training without its sums: as many replicas, each with the largest part that a rank
/// has of the batch, and of its shards, the same optimizer and arithmetic.
Words ideal_words(const StudyCell& cell, const StudyOptions& options,
                  const TrainSettings& settings) {
  const std::int64_t part = (cell.global_batch + cell.ranks - 1) / cell.ranks;
  const std::int64_t shards = (settings.shards + cell.ranks - 1) / cell.ranks;
  Words words{"bench", "step"};
  const Words shared = shared_words(cell, options);
  words.insert(words.end(), shared.begin(), shared.end());
  words.insert(words.end(), {"--comm", "none", "--batch", std::to_string(part * cell.ranks),
                             "--shards", std::to_string(shards), "--optimizer", settings.optimizer,
                             "--seconds", fmt::format("{}", options.bench_seconds), "--json"});
  if (settings.reproducible) words.emplace_back("--reproducible");
  return words;
}

TrainSettings checked_settings(const Words& words, const Session& session) {
  const TrainCommandLine line = parse_train_options(words, session);
  if (line.request != TrainRequest::train)
    throw UsageError("what stands behind -- is for training: no --help, --version or --dry-run");
  return line.settings;
}

}  // namespace

bool StudyStep::is_done() const {
  return kind == Kind::training ? is_finished_run(result.parent_path()) : fs::exists(result);
}

std::vector<StudyStep> study_steps(const StudyOptions& options, const Session& session) {
  refuse_own_options(options.train_words);
  const std::vector<StudyCell> cells = study_cells(options.matrix);
  std::vector<StudyStep> steps;
  for (std::int64_t repeat = 1; repeat <= options.matrix.repeats; ++repeat) {
    const auto add = [&](StudyStep::Kind kind, const std::string& title, std::int64_t ranks,
                         Words words, const fs::path& result) {
      steps.push_back({.kind = kind,
                       .title = fmt::format("{}, repeat {}", title, repeat),
                       .ranks = ranks,
                       .repeat = repeat,
                       .words = std::move(words),
                       .result = result});
    };
    std::set<std::int64_t> ranks_that_sum;
    for (const StudyCell& cell : cells) {
      const fs::path folder = options.folder / fmt::format("{}-{}", cell.name(), repeat);
      const Words words = train_words(cell, options, folder);
      const TrainSettings settings = checked_settings(words, session);
      add(StudyStep::Kind::training, cell.title(), cell.ranks, words, folder / "summary.json");
      add(StudyStep::Kind::ideal, cell.title() + ", ideal", cell.ranks,
          ideal_words(cell, options, settings), folder / ideal_step_file);
      // The bench sums host memory.
      if (cell.ranks > 1 && cell.device != "cuda") ranks_that_sum.insert(cell.ranks);
    }
    for (const std::int64_t ranks : ranks_that_sum)
      add(StudyStep::Kind::allreduce, fmt::format("allreduce, {} ranks", ranks), ranks,
          {"bench", "allreduce", "--max-bytes", "16777216", "--seconds",
           fmt::format("{}", options.bench_seconds), "--json"},
          options.folder / fmt::format("allreduce-r{}-{}.json", ranks, repeat));
  }
  return steps;
}

std::vector<std::string> command_of(const StudyStep& step, const StudyOptions& options) {
  Words command{fs::read_symlink("/proc/self/exe").string(), "launch"};
  if (!options.launcher.empty()) command.insert(command.end(), {"--launcher", options.launcher});
  if (options.ranks_per_node > 0)
    command.insert(command.end(), {"--ranks-per-node", std::to_string(options.ranks_per_node)});
  command.insert(command.end(), {"-np", std::to_string(step.ranks), "--"});
  command.insert(command.end(), step.words.begin(), step.words.end());
  return command;
}

std::string shell_text(const std::vector<std::string>& words) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+,.:/@%";
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
      text += word;
      continue;
    }
    text += '\'';
    for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
    text += '\'';
  }
  return text;
}

}  // namespace dtrain::launch
