// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/mpi/mpi_environment.hpp"

#include <gtest/gtest.h>

#include <map>

namespace dtrain::comm {
namespace {

Environment environment_of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> const char* {
    const auto it = variables.find(name);
    return it == variables.end() ? nullptr : it->second.c_str();
  };
}

TEST(MpiEnvironment, ReadsSlurmsTasksPerNode) {
  EXPECT_EQ(largest_tasks_per_node("8"), 8);
  EXPECT_EQ(largest_tasks_per_node("4(x2),3"), 4);
  EXPECT_EQ(largest_tasks_per_node("2,16(x3),1"), 16);
  EXPECT_EQ(largest_tasks_per_node(""), 0);
  EXPECT_EQ(largest_tasks_per_node("nonsense"), 0);
}

TEST(MpiEnvironment, CountsTheRanksOfThisNode) {
  EXPECT_EQ(launched_local_ranks(environment_of({})), 0);
  EXPECT_EQ(launched_local_ranks(environment_of({{"OMPI_COMM_WORLD_LOCAL_SIZE", "8"}})), 8);
  EXPECT_EQ(launched_local_ranks(environment_of({{"SLURM_STEP_TASKS_PER_NODE", "2(x3),5"}})), 5);
  // Under mpirun inside a Slurm job Slurm's numbers are not those of the ranks.
  EXPECT_EQ(launched_local_ranks(environment_of(
                {{"OMPI_COMM_WORLD_LOCAL_SIZE", "4"}, {"SLURM_STEP_TASKS_PER_NODE", "1"}})),
            4);
}

TEST(MpiEnvironment, YieldsOnlyWhereRanksOutnumberCores) {
  setenv("OMPI_COMM_WORLD_LOCAL_SIZE", "1", 1);
  unsetenv("OMPI_MCA_mpi_yield_when_idle");
  yield_when_oversubscribed();
  EXPECT_EQ(getenv("OMPI_MCA_mpi_yield_when_idle"), nullptr);

  setenv("OMPI_COMM_WORLD_LOCAL_SIZE", "100000", 1);
  yield_when_oversubscribed();
  EXPECT_STREQ(getenv("OMPI_MCA_mpi_yield_when_idle"), "1");

  setenv("OMPI_MCA_mpi_yield_when_idle", "0", 1);  // the user's word counts
  yield_when_oversubscribed();
  EXPECT_STREQ(getenv("OMPI_MCA_mpi_yield_when_idle"), "0");
}

}  // namespace
}  // namespace dtrain::comm
