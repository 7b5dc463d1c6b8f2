// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// failing_rank R: rank R meets an error while the others wait for it. The job must end, with an
// error. Without such a rank all is well. failing_rank R and-above: all ranks from R up meet one, and
// the lowest of them tells it.

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "comm/communicator.hpp"

int main(int argc, char** argv) {
  try {
    dtrain::comm::MpiSession session;
    const int rank = session.communicator().rank(), failing = std::atoi(argv[1]);
    if (argc > 2 && rank >= failing) {
      if (session.lower_rank_fails(std::chrono::seconds(2))) sleep(10);
      std::fprintf(stderr, "told by rank %d\n", rank);
      session.communicator().abort(1);
    }
    if (rank == failing) throw std::runtime_error("this rank alone");
    session.communicator().barrier();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "caught: %s\n", error.what());
    return 1;
  }
  return 0;
}
