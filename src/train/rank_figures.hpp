// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <span>
#include <vector>

#include "comm/communicator.hpp"
#include "measure/step_clock.hpp"

namespace dtrain::train {

/// What one rank's share of a run cost.
struct RankFigures {
  measure::StepSummary step_time;
  std::int64_t peak_rss_bytes = 0;
  std::int64_t optimizer_state_bytes = 0;
};

/// In rank order, on every rank. Collective.
std::vector<RankFigures> gather_figures(comm::Communicator&, const RankFigures& mine);

/// The step of the rank with the longest one, by the median.
const measure::StepSummary& slowest_step(std::span<const RankFigures>);
std::int64_t most_memory(std::span<const RankFigures>);
std::int64_t most_optimizer_state(std::span<const RankFigures>);

/// How much longer the busiest rank works in a step than ranks do on average, waiting left out:
/// max / mean - 1 of the medians (DeRose, Homer and Johnson, Euro-Par 2007). 0: all the same.
double load_imbalance(std::span<const RankFigures>);

}  // namespace dtrain::train
