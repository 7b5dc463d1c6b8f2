// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "launch/session.hpp"

namespace dtrain::launch {

/// `dtrain doctor --slurm`: what the Slurm job has that this process runs in, where its ranks run, and
/// what looks wrong. All ranks call it; the root prints. Throws UsageError outside a job.
void describe_slurm_job(Session& session);

}  // namespace dtrain::launch
