// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "launch/commands.hpp"
#include "launch/study_kind.hpp"

namespace dtrain::launch {

// The parts of `dtrain study`.

/// Runs a study of this kind and writes what it found: `dtrain study strong`, `weak`, `devices`.
ExitCode run_scaling_study(StudyKind kind, Arguments arguments, Session& session);
/// What a study, or runs, say of more ranks: `dtrain study predict`.
ExitCode run_study_predict(Arguments arguments, Session& session);

}  // namespace dtrain::launch
