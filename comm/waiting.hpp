// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

namespace dtrain::comm {

/// How a rank waits for another. spin: it has a core to itself and nothing else to do. sleep: its
/// core is wanted by somebody else, such as backward while a thread communicates, or by other ranks
/// where they outnumber the cores.
enum class Waiting { spin, sleep };

}  // namespace dtrain::comm
