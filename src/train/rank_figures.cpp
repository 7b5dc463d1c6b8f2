// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/rank_figures.hpp"

#include <algorithm>
#include <cstring>

namespace dtrain::train {
namespace {

double busy_ms(const measure::StepSummary& step) {
  double busy = 0;
  for (std::size_t phase = 0; phase < phase_count; ++phase)
    if (phase != static_cast<std::size_t>(Phase::comm_exposed)) busy += step.phase_median_ms[phase];
  return busy;
}

}  // namespace

std::vector<RankFigures> gather_figures(comm::Communicator& communicator, const RankFigures& mine) {
  std::vector<RankFigures> ranks;
  for (const auto& bytes : communicator.all_gather(std::as_bytes(std::span(&mine, 1)))) {
    RankFigures figures;
    std::memcpy(&figures, bytes.data(), sizeof figures);
    ranks.push_back(figures);
  }
  return ranks;
}

const measure::StepSummary& slowest_step(std::span<const RankFigures> ranks) {
  return std::ranges::max_element(ranks, {},
                                  [](const RankFigures& rank) { return rank.step_time.median_ms; })
      ->step_time;
}

std::int64_t most_memory(std::span<const RankFigures> ranks) {
  return std::ranges::max_element(ranks, {}, &RankFigures::peak_rss_bytes)->peak_rss_bytes;
}

std::int64_t most_optimizer_state(std::span<const RankFigures> ranks) {
  return std::ranges::max_element(ranks, {}, &RankFigures::optimizer_state_bytes)
      ->optimizer_state_bytes;
}

double load_imbalance(std::span<const RankFigures> ranks) {
  double most = 0, sum = 0;
  for (const RankFigures& rank : ranks) {
    const double busy = busy_ms(rank.step_time);
    most = std::max(most, busy);
    sum += busy;
  }
  return sum > 0 ? most * static_cast<double>(ranks.size()) / sum - 1 : 0;
}

}  // namespace dtrain::train
