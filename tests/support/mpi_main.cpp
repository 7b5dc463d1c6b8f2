// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// main() of tests that run under mpirun. Rank 0 reports as GoogleTest does; other ranks speak only
// of failures. A failed test on any rank ends the whole run with an error: the others may wait for
// it.

#include "tests/support/mpi_main.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace dtrain::test {
namespace {

comm::Communicator* all_ranks = nullptr;

class FailureReporter : public testing::EmptyTestEventListener {
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (world().is_root() || !result.failed()) return;
    std::fprintf(stderr, "rank %d: %s:%d: %s\n", world().rank(),
                 result.file_name() != nullptr ? result.file_name() : "?", result.line_number(),
                 result.message());
  }
  void OnTestEnd(const testing::TestInfo& test) override {
    if (!test.result()->Failed()) return;
    std::fprintf(stderr, "rank %d: %s failed\n", world().rank(), test.name());
    std::fflush(nullptr);
    world().abort(1);
  }
};

}  // namespace

comm::Communicator& world() {
  return *all_ranks;
}

}  // namespace dtrain::test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  dtrain::comm::MpiSession session;
  dtrain::test::all_ranks = &session.communicator();
  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  if (!session.communicator().is_root())
    delete listeners.Release(listeners.default_result_printer());
  listeners.Append(new dtrain::test::FailureReporter);
  return RUN_ALL_TESTS();
}
