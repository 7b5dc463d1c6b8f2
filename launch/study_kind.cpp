// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/study_kind.hpp"

#include <fstream>

#include "base/error.hpp"
#include "train/json.hpp"

namespace dtrain::launch {

std::string to_string(StudyKind kind) {
  switch (kind) {
    case StudyKind::none:
      return "";
    case StudyKind::strong:
      return "strong";
    case StudyKind::weak:
      return "weak";
    case StudyKind::devices:
      return "devices";
  }
  return "";
}

StudyKind study_kind_of(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / study_plan_file;
  if (!std::filesystem::exists(file)) return StudyKind::none;
  try {
    std::ifstream stream(file);
    const std::string name = train::Json::parse(stream).at("kind");
    for (const StudyKind kind : {StudyKind::strong, StudyKind::weak, StudyKind::devices})
      if (to_string(kind) == name) return kind;
    throw InputError(fmt::format("{}: there is no study \"{}\"", file.string(), name));
  } catch (const train::Json::exception& error) {
    throw InputError(fmt::format("{} is not the plan of a study: {}", file.string(), error.what()));
  }
}

}  // namespace dtrain::launch
