// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "comm/communicator.hpp"

namespace dtrain::test {

/// Runs `rank_main` on `ranks` threads that communicate as ranks. The first exception ends them all
/// and is thrown again here.
inline void run_ranks(int ranks, const std::function<void(comm::Communicator&)>& rank_main) {
  auto communicators = comm::make_thread_communicators(ranks);
  std::mutex mutex;
  std::exception_ptr first;
  std::vector<std::thread> threads;
  for (auto& communicator : communicators) {
    threads.emplace_back([&, rank = communicator.get()] {
      try {
        rank_main(*rank);
      } catch (...) {
        {
          const std::lock_guard lock(mutex);
          if (!first) first = std::current_exception();
        }
        try {
          rank->abort(1);
        } catch (const std::exception&) {  // how abort() ends a thread
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (first) std::rethrow_exception(first);
}

}  // namespace dtrain::test
