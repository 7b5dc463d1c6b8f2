// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "launch/session.hpp"
#include "launch/study_matrix.hpp"

namespace dtrain::launch {

/// What a study is asked for.
struct StudyOptions {
  StudyMatrix matrix;
  std::string data = "digits";
  std::int64_t epochs = 1;
  std::vector<std::string> train_words;  ///< train options that all runs share
  std::string launcher;             ///< mpirun, srun or sbatch; empty: what `dtrain launch` takes
  std::int64_t ranks_per_node = 0;  ///< 0: as the launcher spreads them
  double bench_seconds = 0.2;       ///< of each window of an ideal, and of each size of a sum
  std::filesystem::path folder;
};

/// One program that a study runs: a training, the ideal beside it, or the sums over so many ranks.
struct StudyStep {
  enum class Kind { training, ideal, allreduce };
  Kind kind = Kind::training;
  std::string title;
  std::int64_t ranks = 1, repeat = 1;
  std::vector<std::string> words;  ///< behind `dtrain launch -np RANKS --`
  /// Is there when the step has been done. Training writes it; of the others it is what they print.
  std::filesystem::path result;

  bool is_done() const;
};

/// All of a study's steps in their order: the first repeat of every configuration, then the second, and
/// so on, so that what else the machine does meets all of them alike. Each training is followed by its
/// ideal. Throws UsageError or InputError for what no run could be started with.
std::vector<StudyStep> study_steps(const StudyOptions& options, const Session& session);

/// The command that does a step.
std::vector<std::string> command_of(const StudyStep& step, const StudyOptions& options);

/// Words as one line for a POSIX shell.
std::string shell_text(const std::vector<std::string>& words);

}  // namespace dtrain::launch
