// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/node/node_barrier.hpp"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <climits>
#include <cstdint>
#include <new>

namespace dtrain::comm {

/// One cache line per rank. A process may not wait on another's std::atomic (its wait() is for the
/// threads of one process), so this one sleeps by futex.
struct alignas(64) NodeBarrier::Flag {
  std::atomic<std::uint32_t> round;     ///< how many times this rank has come
  std::atomic<std::uint32_t> sleepers;  ///< ranks that sleep until it comes again

  void come() {
    round.fetch_add(1, std::memory_order_seq_cst);
    // Ordered after the store above: a sleeper that is not counted yet will see the new round.
    if (sleepers.load(std::memory_order_seq_cst) != 0)
      syscall(SYS_futex, &round, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  }

  bool has_come(std::uint32_t wanted) const {
    return static_cast<std::int32_t>(round.load(std::memory_order_acquire) - wanted) >= 0;
  }

  void sleep_until(std::uint32_t wanted) {
    sleepers.fetch_add(1, std::memory_order_seq_cst);
    for (std::uint32_t seen = round.load(std::memory_order_seq_cst);
         static_cast<std::int32_t>(seen - wanted) < 0; seen = round.load(std::memory_order_seq_cst))
      syscall(SYS_futex, &round, FUTEX_WAIT, seen, nullptr, nullptr, 0);
    sleepers.fetch_sub(1, std::memory_order_relaxed);
  }
};

namespace {

static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

using Clock = std::chrono::steady_clock;

/// A rank with a core to itself looks for so long before it sleeps. To be woken takes some 50 us, but
/// ranks that compute the same arrive up to milliseconds apart, and a core that sleeps slows down.
constexpr std::chrono::milliseconds patience{2};
constexpr int looks_per_clock = 1024;
/// Where ranks share cores, as often the others get this one first: cheaper than to sleep, if they
/// are about to come.
constexpr int yields_before_sleep = 50;

}  // namespace

NodeBarrier::NodeBarrier(NodeGroup& group, Waiting waiting)
    : rank_(group.rank()),
      size_(group.size()),
      flags_(group.allocate(sizeof(Flag))),
      waiting_(waiting) {}

NodeBarrier::Flag& NodeBarrier::flag(int rank) const {
  // Zeroed shared memory is a Flag in its initial state.
  return *std::launder(reinterpret_cast<Flag*>(flags_->block(rank)));
}

void NodeBarrier::arrive_and_wait() {
  ++round_;
  flag(rank_).come();
  Clock::time_point deadline{};
  int looks = 0;
  for (int rank = 0; rank < size_; ++rank) {
    Flag& other = flag(rank);
    while (!other.has_come(round_)) {
      ++looks;
      if (waiting_ == Waiting::sleep) {
        if (looks <= yields_before_sleep)
          sched_yield();
        else
          other.sleep_until(round_);
      } else if (looks % looks_per_clock == 0) {
        const auto now = Clock::now();
        if (deadline == Clock::time_point{}) deadline = now + patience;
        if (now >= deadline) other.sleep_until(round_);
      }
    }
  }
}

}  // namespace dtrain::comm
