// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <memory>

#include "base/progress_slot.hpp"

namespace dtrain::launch {

/// The slot by which a rank's thread says where it is, in `own`. CMake chooses the file: in dtrain it
/// is a plain one (no_faults.cpp); the tests' executable gets one that makes the rank stall, stop or die
/// at a given place (tests/launch/faults.cpp). `main`: the record of the rank's main thread, which may
/// be `own`. Both outlive the slot.
std::unique_ptr<ProgressSlot> make_progress_slot(PlaceRecord& own, const PlaceRecord& main,
                                                 int rank);

}  // namespace dtrain::launch
