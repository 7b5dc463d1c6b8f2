// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <optional>

namespace dtrain::measure {

/// What Slurm's own plugin has counted for the job step that this process is part of, in joules, as
/// its program sstat says: to check our own figures against. None outside a step, and where Slurm does
/// not measure. Slurm samples every 30 s unless told otherwise, so short runs are not seen. Blocks for
/// 10 s at worst.
std::optional<double> slurm_step_joules();

}  // namespace dtrain::measure
