// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/orphan.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

namespace dtrain::launch {
namespace {

/// Read in a signal handler, so it cannot be anything but global.
std::atomic<pid_t> parent{0};
static_assert(std::atomic<pid_t>::is_always_lock_free);

/// The kernel sends the signal when the thread that started this process ends, which need not be the
/// end of the parent: launchers start many ranks by several threads.
void end_if_orphan(int) {
  if (getppid() != parent) kill(getpid(), SIGKILL);
}

}  // namespace

void end_with_parent() {
  parent = getppid();
  struct sigaction action {};
  action.sa_handler = end_if_orphan;
  action.sa_flags = SA_RESTART;
  const int unused_by_others = SIGRTMIN + 7;
  sigaction(unused_by_others, &action, nullptr);
  prctl(PR_SET_PDEATHSIG, unused_by_others);
}

}  // namespace dtrain::launch
