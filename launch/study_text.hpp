// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <string>

#include "launch/study_record.hpp"

namespace dtrain::launch {

/// What a study has found, as tables for people: the points beside what the machine allows, what was
/// learned where that differs, and the fits.
std::string study_text(const StudyRecord& record);

}  // namespace dtrain::launch
