// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <filesystem>
#include <string>

namespace dtrain::launch {

/// What stays the same while the ranks of a study's runs grow: the global batch (strong), or the batch
/// of a rank (weak). `devices`: the same work on several kinds of device. `none`: not a study.
enum class StudyKind { none, strong, weak, devices };

/// "strong"; "" for none.
std::string to_string(StudyKind);

/// A study's folder holds this file: what the study is, and that the folder is its own.
inline constexpr const char* study_plan_file = "plan.json";

/// Of the study whose folder this is; none where it is no study's. Throws InputError where the plan
/// cannot be read.
StudyKind study_kind_of(const std::filesystem::path& folder);

}  // namespace dtrain::launch
