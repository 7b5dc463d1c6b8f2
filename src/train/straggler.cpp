// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/straggler.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace dtrain::train {
namespace {

/// What a rank tells the others.
struct Told {
  WorkSeconds seconds;
  char host[64] = {};
};

std::optional<Straggler> straggler_of(comm::Communicator& communicator, const WorkSeconds& mine) {
  Told told{.seconds = mine};
  gethostname(told.host, sizeof told.host - 1);
  std::vector<Told> all;
  std::vector<WorkSeconds> seconds;
  for (const auto& bytes : communicator.all_gather(std::as_bytes(std::span(&told, 1)))) {
    std::memcpy(&all.emplace_back(), bytes.data(), sizeof(Told));
    seconds.push_back(all.back().seconds);
  }
  auto straggler = find_straggler(seconds);
  if (straggler) straggler->host = all[static_cast<std::size_t>(straggler->rank)].host;
  return straggler;
}

}  // namespace

std::optional<Straggler> find_straggler(std::span<const WorkSeconds> ranks) {
  if (ranks.size() < 2) return std::nullopt;
  const auto slowest = std::ranges::max_element(ranks, {}, &WorkSeconds::busy);
  const auto rank = slowest - ranks.begin();
  std::vector<double> others;
  for (std::ptrdiff_t other = 0; other < std::ssize(ranks); ++other)
    if (other != rank) others.push_back(ranks[static_cast<std::size_t>(other)].busy);
  const auto median = others.begin() + (std::ssize(others) - 1) / 2;
  std::ranges::nth_element(others, median);

  Straggler straggler{.rank = static_cast<int>(rank), .host = {}};
  straggler.seconds_lost = slowest->busy - *median;
  if (slowest->wall > 0) straggler.share = straggler.seconds_lost / slowest->wall;
  return straggler;
}

std::optional<Straggler> WorkTime::close_epoch(comm::Communicator& communicator) {
  const WorkSeconds epoch{wall_, wall_ - waited_};
  wall_ = waited_ = 0;
  run_.wall += epoch.wall;
  run_.busy += epoch.busy;
  return straggler_of(communicator, epoch);
}

std::optional<Straggler> WorkTime::of_run(comm::Communicator& communicator) const {
  return straggler_of(communicator, run_);
}

}  // namespace dtrain::train
