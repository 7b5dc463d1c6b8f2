// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <nlohmann/json.hpp>

#include "train/observer.hpp"

namespace dtrain::train {

/// Members in the order in which they were put in, so that files read well.
using Json = nlohmann::ordered_json;

/// A number, or null for what is not known.
template <class T>
Json json_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

/// As text, on one line or with members indented by `indent`. Names of files need not be UTF-8, which
/// JSON must be: what is not is replaced by U+FFFD.
std::string to_text(const Json&, int indent = -1);

/// The text itself, with U+FFFD for what is not UTF-8.
std::string valid_utf8(const std::string& text);

/// null for none.
Json to_json(const std::optional<Straggler>&);

/// As an element of summary.json's `epochs`.
Json to_json(const EpochRecord&);
EpochRecord epoch_from_json(const Json&);

}  // namespace dtrain::train
