// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/clock_offset.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "comm/gather_texts.hpp"

namespace dtrain::measure {
namespace {

using Clock = std::chrono::steady_clock;

/// One barrier, as one rank's clock saw it.
struct Passage {
  std::int64_t came = 0, left = 0;  ///< ticks
};

std::int64_t now() {
  return Clock::now().time_since_epoch().count();
}

}  // namespace

ClockOffset measure_clock_offset(comm::Communicator& communicator, const std::string& host) {
  const auto hosts = comm::gather_texts(communicator, host);
  if (std::ranges::all_of(hosts, [&](const std::string& other) { return other == hosts[0]; }))
    return {};
  constexpr int rounds = 64;
  std::int64_t most = std::numeric_limits<std::int64_t>::max(), least = -most;
  for (int round = 0; round < rounds; ++round) {
    Passage mine;
    mine.came = now();
    communicator.barrier();
    mine.left = now();
    Passage root = mine;
    communicator.broadcast(std::as_writable_bytes(std::span(&root, 1)), 0);
    // In true time I came before the root left, and the root came before I left.
    least = std::max(least, mine.came - root.left);
    most = std::min(most, mine.left - root.came);
  }
  if (host == hosts[0]) return {};
  return {Clock::duration(least + (most - least) / 2), Clock::duration((most - least + 1) / 2)};
}

}  // namespace dtrain::measure
