// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/stop_signals.hpp"

#include <csignal>

#include "train/trainer.hpp"

namespace dtrain::launch {

void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int signal) {
    train::Trainer::request_stop();
    if (signal == SIGINT) std::signal(SIGINT, SIG_DFL);
  };
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) sigaction(signal, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace dtrain::launch
