// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/communicator.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "base/error.hpp"
#include "comm/watched_communicator.hpp"
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
  // (1e17 + 1) - 1e17 is 0 in double: only the order 0, 1, 2, … gives these sums.
  const int ranks = GetParam();
  double expected = 0;
  for (int rank = 0; rank < ranks; ++rank) expected += rank % 2 == 0 ? 1e17 : -1e17 + 33;
  test::run_ranks(ranks, [&](Communicator& comm) {
    std::vector<double> data(37, comm.rank() % 2 == 0 ? 1e17 : -1e17 + 33);
    comm.allreduce(std::span<double>(data), ReduceOp::sum);
    for (const double value : data) ASSERT_EQ(value, expected);
  });
}

INSTANTIATE_TEST_SUITE_P(Ranks, ThreadCommunicator, testing::Range(1, 9));

TEST(WatchedCommunicator, HoldsTheContractAndTellsWhereItIs) {
  /// Keeps the places of the calls.
  struct Trail : ProgressSlot {
    Trail() : ProgressSlot(record) {}
    void arrive(const Position& position) noexcept override { places.insert(position.place); }
    PlaceRecord record;
    std::set<Place> places;
  };
  test::run_ranks(3, [](Communicator& comm) {
    Trail trail;
    WatchedCommunicator watched(comm, &trail);
    check_communicator(watched);
    for (const Place place :
         {Place::allreduce, Place::broadcast, Place::all_gather, Place::barrier})
      EXPECT_TRUE(trail.places.contains(place)) << to_string(place);
    EXPECT_EQ(trail.position(), Position{});

    WatchedCommunicator unwatched(comm, nullptr);
    check_communicator(unwatched);
  });
}

TEST(ThreadCommunicator, RanksOfANodeShareMemory) {
  test::run_ranks(3, [](Communicator& comm) {
    const auto group = comm.make_node_group();
    ASSERT_EQ(group->size(), comm.local_size());
    ASSERT_EQ(group->rank(), comm.local_rank());
    const auto blocks = group->allocate(sizeof(int));
    const auto number = [&](int rank) { return reinterpret_cast<int*>(blocks->block(rank)); };
    *number(comm.rank()) = 10 + comm.rank();
    comm.barrier();
    for (int rank = 0; rank < 3; ++rank) EXPECT_EQ(*number(rank), 10 + rank);
    comm.barrier();
  });
}

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
