// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "comm/allreduce/algorithms.hpp"
#include "comm/engine.hpp"
#include "comm/mpi/mpi_communicator.hpp"
#include "tests/comm/collective_checks.hpp"
#include "tests/support/mpi_main.hpp"
#include "tests/support/temporary_folder.hpp"

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

/// Makes this rank believe that the cores it may use are those of one NUMA domain.
class PretendedDomain {
 public:
  explicit PretendedDomain(int domain) {
    const auto node =
        folder_.path() / "sys/devices/system/node" / ("node" + std::to_string(domain));
    std::filesystem::create_directories(node);
    std::ofstream(node / "cpulist") << "0-1048575\n";
    setenv("DTRAIN_SYSFS_ROOT", folder_.path().c_str(), 1);
  }
  ~PretendedDomain() { unsetenv("DTRAIN_SYSFS_ROOT"); }
  PretendedDomain(const PretendedDomain&) = delete;
  PretendedDomain& operator=(const PretendedDomain&) = delete;

 private:
  TemporaryFolder folder_;
};

TEST(MpiCollective, NumaDomainsHoldTheContract) {
  const PretendedDomain domain(test::world().rank() % 2);
  MpiCommunicator world(MPI_COMM_WORLD);
  EXPECT_EQ(world.nodes(), 1);
  EXPECT_EQ(world.numa_domains(), std::min(world.size(), 2));
  for (const char* across : {"ring", "rabenseifner"}) {
    const auto collective =
        world.make_collective({"node", across, Waiting::sleep, Neighbours::numa_domain});
    check_collective({world.rank(), world.size(), *collective});
  }
  const Engine engine = make_engine(world, {.gradient_bytes = 1 << 20});
  if (world.size() > 1) {  // whichever won, this was measured
    EXPECT_THAT(engine.reason, testing::HasSubstr("node by NUMA domains, then ring "));
  }
}

TEST(MpiCollective, RefusesUnknownNames) {
  EXPECT_THROW(test::world().make_collective({"hypercube", "mpi", Waiting::spin}), UsageError);
}

}  // namespace
}  // namespace dtrain::comm
