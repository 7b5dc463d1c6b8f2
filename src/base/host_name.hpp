// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <string>

namespace dtrain {

/// This machine's name; "unknown" where it has none.
std::string host_name();

}  // namespace dtrain
