// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "base/detail_sink.hpp"
#include "base/progress_slot.hpp"
#include "measure/energy_meter.hpp"

namespace dtrain::train {

/// What measures a run besides the clock of its steps. Null: nothing does.
struct Instruments {
  measure::EnergyMeter* energy = nullptr;
  DetailSink* details = nullptr;  ///< told of epochs, steps, phases, layers and sums
  RankProgress progress = {};     ///< told where the rank is
};

}  // namespace dtrain::train
