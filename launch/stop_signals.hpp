// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

namespace dtrain::launch {

/// From now on SIGTERM, SIGINT and SIGUSR1 ask the trainer to stop after the step, with a
/// checkpoint. A second SIGINT kills. A pipe whose reader has gone stops nothing.
void stop_on_signals();

}  // namespace dtrain::launch
