// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <sched.h>

#include <chrono>
#include <thread>

#include "comm/waiting.hpp"

namespace dtrain::comm {

/// How long to wait before looking again: make one per wait, pause() after each look in vain. Looks
/// at once for the first microseconds, then gives its core to whoever is ready to run; with
/// Waiting::sleep it sleeps instead.
class Patience {
 public:
  explicit Patience(Waiting waiting) : waiting_(waiting) {}

  void pause() {
    if (++pauses_ <= eager_looks) return;
    if (waiting_ == Waiting::spin || pauses_ <= yielding_looks)
      sched_yield();
    else
      std::this_thread::sleep_for(nap);
  }

 private:
  static constexpr int eager_looks = 100, yielding_looks = 110;
  /// Linux adds its timer slack, 50 us unless a thread sets less.
  static constexpr std::chrono::microseconds nap{20};

  Waiting waiting_;
  int pauses_ = 0;
};

}  // namespace dtrain::comm
