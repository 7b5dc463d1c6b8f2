// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "comm/communicator.hpp"

namespace dtrain::test {

/// All ranks that run this test.
comm::Communicator& world();

}  // namespace dtrain::test
