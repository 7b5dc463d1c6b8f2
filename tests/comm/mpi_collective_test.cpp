// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "comm/allreduce/algorithms.hpp"
#include "tests/comm/collective_checks.hpp"
#include "tests/support/mpi_main.hpp"

namespace dtrain::comm {
namespace {

TEST(MpiCollective, EveryKindHoldsTheContract) {
  Communicator& world = test::world();
  std::vector<std::string> names{"node"};
  for (const AllreduceAlgorithm& algorithm : allreduce_algorithms())
    names.emplace_back(algorithm.name);
  for (const std::string& name : names)
    for (const Waiting waiting : {Waiting::spin, Waiting::sleep}) {
      SCOPED_TRACE(name);
      const auto collective = world.make_collective({name, "ring", waiting});
      EXPECT_EQ(collective->name(), name);
      check_collective({world.rank(), world.size(), *collective});
    }
}

TEST(MpiCollective, NodeSumsTenThousandTimesInMixedSizes) {
  Communicator& world = test::world();
  const auto collective = world.make_collective({"node", "mpi", Waiting::spin});
  check_many_sums({world.rank(), world.size(), *collective}, 10000);
}

TEST(MpiCollective, RefusesUnknownNames) {
  EXPECT_THROW(test::world().make_collective({"hypercube", "mpi", Waiting::spin}), UsageError);
}

}  // namespace
}  // namespace dtrain::comm
