// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/collective.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "comm/flat_collective.hpp"
#include "tests/comm/collective_checks.hpp"
#include "tests/comm/run_nodes.hpp"
#include "tests/support/run_ranks.hpp"

namespace dtrain::comm {
namespace {

TEST(SelfCollective, HoldsTheContract) {
  const auto collective = make_self_communicator()->make_collective({});
  check_collective({0, 1, *collective});
}

TEST(ThreadCollective, HoldsTheContract) {
  for (const int ranks : {1, 2, 3, 5})
    test::run_ranks(ranks, [&](Communicator& comm) {
      const auto collective = comm.make_collective({});
      check_collective({comm.rank(), ranks, *collective});
    });
}

class FlatCollectives : public testing::TestWithParam<int> {};

TEST_P(FlatCollectives, HoldTheContract) {
  const int ranks = GetParam();
  for (const AllreduceAlgorithm& algorithm : allreduce_algorithms()) {
    auto transports = make_thread_transports(ranks);
    std::vector<std::thread> threads;
    for (auto& transport : transports)
      threads.emplace_back([&, rank = static_cast<int>(threads.size())] {
        FlatCollective collective(std::move(transport), algorithm);
        check_collective({rank, ranks, collective});
      });
    for (std::thread& thread : threads) thread.join();
  }
}

INSTANTIATE_TEST_SUITE_P(Ranks, FlatCollectives, testing::Values(1, 2, 3, 4, 7, 8));

class NodeCollectives : public testing::TestWithParam<std::vector<int>> {};

TEST_P(NodeCollectives, HoldTheContract) {
  for (const char* across : {"mpi", "ring"}) run_nodes(GetParam(), across, check_collective);
}

INSTANTIATE_TEST_SUITE_P(RanksOfNodes, NodeCollectives,
                         testing::Values(std::vector{1}, std::vector{2}, std::vector{3},
                                         std::vector{8}, std::vector{2, 2}, std::vector{3, 1},
                                         std::vector{1, 1, 1}, std::vector{2, 4, 3},
                                         std::vector{5, 5, 5}, std::vector{16}));

TEST(NodeCollective, SumsTheRanksOfANodeInOrder) {
  // (1e8 + 1) - 1e8 is 0 in float: only the order 0, 1, 2, … gives this sum.
  const float expected = ((1e8f + (-1e8f + 17)) + 1e8f) + (-1e8f + 17);
  run_nodes({4}, "mpi", [&](const CollectiveRank& me) {
    const auto stream = kernels::make_host_device()->make_stream();
    Array array(me, 100);
    for (float& value : array.data()) value = me.rank % 2 == 0 ? 1e8f : -1e8f + 17;
    me.collective.allreduce(array.data(), {}, *stream);
    for (const float value : array.data()) ASSERT_EQ(value, expected);
  });
}

TEST(NodeCollective, SumsTenThousandTimesInMixedSizes) {
  run_nodes({3, 2}, "ring", [](const CollectiveRank& me) { check_many_sums(me, 10000); });
}

}  // namespace
}  // namespace dtrain::comm
