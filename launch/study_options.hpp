// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launch/commands.hpp"
#include "launch/study_steps.hpp"

namespace dtrain::launch {

/// The steps with so many ranks of one repeat: what one task of a Slurm array does.
struct StudyPart {
  std::int64_t ranks = 1, repeat = 1;
};

/// What the command line asks for.
struct StudyRequest {
  StudyOptions options;
  bool devices_are_named = false;  ///< else those that are here
  bool dry_run = false;
  bool collect = false;  ///< run nothing
  std::optional<StudyPart> part;
  std::vector<std::string>
      own_words;        ///< up to the `--`, the study's kind first, without --dry-run
  std::string command;  ///< the command line
};

/// None where help was asked for and printed. Throws UsageError.
std::optional<StudyRequest> parse_study_options(StudyKind kind, Arguments arguments,
                                                const Session& session);

}  // namespace dtrain::launch
