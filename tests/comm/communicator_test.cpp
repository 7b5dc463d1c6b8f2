// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/communicator.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "base/error.hpp"
#include "tests/comm/communicator_checks.hpp"
#include "tests/support/run_ranks.hpp"

namespace dtrain::comm {
namespace {

TEST(SelfCommunicator, HoldsTheContract) {
  const auto comm = make_self_communicator();
  EXPECT_EQ(comm->size(), 1);
  check_communicator(*comm);
}

class ThreadCommunicator : public testing::TestWithParam<int> {};

TEST_P(ThreadCommunicator, HoldsTheContract) {
  test::run_ranks(GetParam(), [](Communicator& comm) {
    EXPECT_EQ(comm.size(), GetParam());
    check_communicator(comm);
  });
}

TEST_P(ThreadCommunicator, AddsInTheOrderOfRanks) {
  // (1e8 + 1) - 1e8 is 0 in float: only the order 0, 1, 2, … gives these sums.
  const int ranks = GetParam();
  float expected = 0;
  for (int rank = 0; rank < ranks; ++rank) expected += rank % 2 == 0 ? 1e8f : -1e8f + 17;
  test::run_ranks(ranks, [&](Communicator& comm) {
    std::vector<float> data(37, comm.rank() % 2 == 0 ? 1e8f : -1e8f + 17);
    reduce(comm, std::span<float>(data), ReduceOp::sum);
    for (const float value : data) ASSERT_EQ(value, expected);
  });
}

INSTANTIATE_TEST_SUITE_P(Ranks, ThreadCommunicator, testing::Range(1, 9));

TEST(ThreadCommunicator, BarrierHoldsUntilAllHaveCome) {
  constexpr int ranks = 4;
  std::atomic<int> arrived{0};
  test::run_ranks(ranks, [&](Communicator& comm) {
    for (int round = 1; round <= 50; ++round) {
      ++arrived;
      comm.barrier();
      ASSERT_GE(arrived.load(), ranks * round);
      comm.barrier();
    }
  });
}

TEST(ThreadCommunicator, AbortEndsRanksThatWait) {
  std::atomic<int> ended{0};
  EXPECT_THROW(test::run_ranks(3,
                               [&](Communicator& comm) {
                                 try {
                                   if (comm.rank() == 1) throw InputError("rank 1 alone");
                                   comm.barrier();
                                 } catch (const Error&) {
                                   ++ended;
                                   throw;
                                 }
                               }),
               Error);
  EXPECT_EQ(ended.load(), 3);
}

}  // namespace
}  // namespace dtrain::comm
