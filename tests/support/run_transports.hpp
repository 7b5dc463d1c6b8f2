// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "comm/transport.hpp"

namespace dtrain::test {

/// Runs `rank_main` on `ranks` threads, each with a Transport. The first exception is thrown again
/// here; ranks that wait for the one that threw end too.
inline void run_transports(int ranks, const std::function<void(comm::Transport&)>& rank_main) {
  std::mutex mutex;
  std::exception_ptr first;
  std::vector<std::thread> threads;
  for (auto& transport : comm::make_thread_transports(ranks)) {
    threads.emplace_back([&, mine = std::move(transport)]() mutable {
      try {
        rank_main(*mine);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!first) first = std::current_exception();
      }
      mine.reset();
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (first) std::rethrow_exception(first);
}

}  // namespace dtrain::test
