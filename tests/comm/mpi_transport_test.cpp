// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/mpi/mpi_transport.hpp"

#include <gtest/gtest.h>

#include "tests/comm/allreduce_checks.hpp"
#include "tests/support/mpi_main.hpp"

namespace dtrain::comm {
namespace {

class MpiTransportTest : public testing::TestWithParam<Waiting> {};

TEST_P(MpiTransportTest, CarriesEveryAlgorithm) {
  MpiTransport transport(MPI_COMM_WORLD, GetParam());
  EXPECT_EQ(transport.rank(), test::world().rank());
  EXPECT_EQ(transport.size(), test::world().size());
  check_allreduce_algorithms(transport);
}

TEST_P(MpiTransportTest, CutsLongMessagesIntoPieces) {
  MpiTransport transport(MPI_COMM_WORLD, GetParam(), /*max_count=*/1000);
  check_allreduce_algorithms(transport);
}

TEST_P(MpiTransportTest, ReceivesAsMuchAsIsSent) {
  MpiTransport transport(MPI_COMM_WORLD, GetParam(), /*max_count=*/1000);
  const int ranks = transport.size(), rank = transport.rank();
  const auto message_of = [](int sender) {
    return std::vector<std::byte>(static_cast<std::size_t>(sender) * 1700, std::byte(sender));
  };
  const int next = (rank + 1) % ranks, previous = (rank + ranks - 1) % ranks;
  std::vector<std::byte> received(message_of(previous).size());
  transport.exchange(next, message_of(rank), previous, received);
  EXPECT_EQ(received, message_of(previous));
}

INSTANTIATE_TEST_SUITE_P(Waiting, MpiTransportTest, testing::Values(Waiting::spin, Waiting::sleep));

}  // namespace
}  // namespace dtrain::comm
