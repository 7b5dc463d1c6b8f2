// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <string>

namespace {

struct Finished {
  int code = 0;  ///< 124: it hung
  std::string text;
};

/// Three ranks, of which those named by `failing` fail.
Finished run_job(const std::string& failing) {
  const std::string command =
      "timeout 60 " DTRAIN_MPIRUN " -np 3 " DTRAIN_FAILING_RANK " " + failing + " 2>&1";
  FILE* const output = popen(command.c_str(), "r");
  Finished finished;
  for (int c = std::fgetc(output); c != EOF; c = std::fgetc(output))
    finished.text += static_cast<char>(c);
  const int status = pclose(output);
  finished.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return finished;
}

TEST(MpiSession, EndsInOrderWhenAllIsWell) {
  EXPECT_EQ(run_job("99").code, 0);
}

TEST(MpiSession, AnExceptionOnOneRankEndsTheJob) {
  for (const char* rank : {"0", "1"}) {
    const int code = run_job(rank).code;
    EXPECT_NE(code, 0) << "the job ended as if all were well";
    EXPECT_NE(code, 124) << "the job hung";
  }
}

TEST(MpiSession, OfSeveralFailingRanksTheLowestTells) {
  for (const std::string rank : {"0", "1"}) {
    const Finished finished = run_job(rank + " and-above");
    EXPECT_NE(finished.code, 0);
    EXPECT_NE(finished.text.find("told by rank " + rank), std::string::npos) << finished.text;
    EXPECT_EQ(finished.text.find("told by"), finished.text.rfind("told by")) << finished.text;
  }
}

}  // namespace
