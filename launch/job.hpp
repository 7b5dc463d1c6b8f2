// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"

namespace dtrain::launch {

/// How a job of several ranks ended, in dtrain's exit codes.
struct JobEnd {
  ExitCode code = ExitCode::done;
  std::string what;  ///< what happened; empty: nothing, or the ranks have told it themselves
};

/// From now on requests to stop (SIGINT, SIGTERM, SIGUSR1, SIGHUP unless ignored) wait for the next
/// run_job().
void hold_stop_requests();
/// Has anybody asked this process to stop?
bool stop_requested();

/// Runs `command`, which starts with mpirun, srun or `dtrain launch`, and waits for its end; what mpirun
/// says of how the job ended is taken from its stderr. Its stdout is ours, or becomes `stdout_file`. The
/// first request to stop goes to the ranks as SIGUSR1, the second ends them. The job ends when this
/// process does, however that comes about. Throws Error where nothing can be started.
JobEnd run_job(const std::vector<std::string>& command, const std::string& stdout_file = "");

}  // namespace dtrain::launch
