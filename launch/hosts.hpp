// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <vector>

#include "launch/launcher.hpp"

namespace dtrain::launch {

/// Those of `hosts` on which the program that mpirun uses to reach hosts (ssh, or what
/// OMPI_MCA_plm_rsh_agent names) can run a command within 15 s. This machine always can.
std::vector<std::string> answering_hosts(const std::vector<std::string>& hosts);

/// Where a job can go on after hosts were lost: those that answer, in the order of before, each with
/// as many ranks as it had: what --hosts gave it, or its share of them. Hosts are not asked where
/// none are named. No rank: nobody answers.
Placement surviving(const Placement& placement);

}  // namespace dtrain::launch
