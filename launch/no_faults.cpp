// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/faults.hpp"

namespace dtrain::launch {

std::unique_ptr<ProgressSlot> make_progress_slot(PlaceRecord& own, const PlaceRecord& /*main*/,
                                                 int /*rank*/) {
  return std::make_unique<ProgressSlot>(own);
}

}  // namespace dtrain::launch
