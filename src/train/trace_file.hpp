// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <filesystem>

#include "measure/clock_offset.hpp"
#include "measure/trace.hpp"

namespace dtrain::train {

/// Writes the traces of all ranks to one file that Perfetto and Chrome open, on the root's clock. What
/// the clocks of other hosts were set by is in it (`otherData`). Collective; only the root's `file` is
/// looked at.
void write_trace(comm::Communicator&, const measure::Trace& mine, const measure::ClockOffset&,
                 const std::string& host, const std::filesystem::path& file);

}  // namespace dtrain::train
