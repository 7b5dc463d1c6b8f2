// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace dtrain::launch {

/// Name and version of this build and of the libraries that it runs with, for environment.json.
std::vector<std::pair<std::string, std::string>> software_versions();

}  // namespace dtrain::launch
