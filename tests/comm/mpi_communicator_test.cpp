// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/mpi/mpi_communicator.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "tests/comm/communicator_checks.hpp"
#include "tests/support/mpi_main.hpp"

namespace dtrain::comm {
namespace {

TEST(MpiCommunicator, HoldsTheContract) {
  check_communicator(test::world());
}

TEST(MpiCommunicator, CutsLongMessagesIntoPieces) {
  MpiCommunicator comm(MPI_COMM_WORLD, /*max_count=*/1000);
  check_communicator(comm);
}

TEST(MpiCommunicator, AllRanksOfThisTestShareANode) {
  EXPECT_EQ(test::world().nodes(), 1);
  EXPECT_EQ(test::world().local_size(), test::world().size());
  EXPECT_EQ(test::world().local_rank(), test::world().rank());
}

TEST(MpiCommunicator, TurnsReturnCodesIntoErrors) {
  EXPECT_NO_THROW(check_mpi(MPI_SUCCESS, "MPI_Nothing"));
  try {
    check_mpi(MPI_ERR_COUNT, "MPI_Allreduce");
    FAIL() << "no exception";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::lost_rank);
    EXPECT_NE(std::string(error.what()).find("MPI_Allreduce failed"), std::string::npos);
  }
}

TEST(MpiSession, NamesTheLibrary) {
  EXPECT_FALSE(MpiSession::library_version().empty());
  EXPECT_EQ(MpiSession::library_version().find(','), std::string::npos);
}

TEST(MpiSession, KnowsItsLauncher) {
  EXPECT_TRUE(started_by_launcher());
}

}  // namespace
}  // namespace dtrain::comm
