// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <string>

namespace {

/// Exit code of three ranks of which `rank` fails; 124: they hung.
int exit_code_when_rank_fails(int rank) {
  const std::string command =
      std::string("timeout 60 " DTRAIN_MPIRUN " -np 3 " DTRAIN_FAILING_RANK " ") +
      std::to_string(rank) + " > /dev/null 2>&1";
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(MpiSession, EndsInOrderWhenAllIsWell) {
  EXPECT_EQ(exit_code_when_rank_fails(99), 0);
}

TEST(MpiSession, AnExceptionOnOneRankEndsTheJob) {
  for (const int rank : {0, 1}) {
    const int code = exit_code_when_rank_fails(rank);
    EXPECT_NE(code, 0) << "the job ended as if all were well";
    EXPECT_NE(code, 124) << "the job hung";
  }
}

}  // namespace
