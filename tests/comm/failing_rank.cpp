// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// failing_rank R: rank R meets an error while the others wait for it. The job must end, with an
// error. Without such a rank all is well.

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "comm/communicator.hpp"

int main(int, char** argv) {
  try {
    dtrain::comm::MpiSession session;
    if (session.communicator().rank() == std::atoi(argv[1]))
      throw std::runtime_error("this rank alone");
    session.communicator().barrier();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "caught: %s\n", error.what());
    return 1;
  }
  return 0;
}
