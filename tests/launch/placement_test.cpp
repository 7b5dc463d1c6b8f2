// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/placement.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "tests/support/temporary_folder.hpp"

namespace dtrain::launch {
namespace {

using testing::HasSubstr;

/// A rank on hardware threads of a node whose core c has the threads c and c + 4.
RankPlace rank_on(const std::string& host, std::vector<int> cpus) {
  RankPlace place;
  place.host = host;
  for (const int cpu : cpus) place.cores.push_back(cpu % 4);
  std::ranges::sort(place.cores);
  place.cores.erase(std::unique(place.cores.begin(), place.cores.end()), place.cores.end());
  place.cpus = std::move(cpus);
  return place;
}

/// What is not good, by subject.
std::map<std::string, std::string> complaints(const std::vector<RankPlace>& ranks,
                                              const Granted& granted = {}) {
  std::map<std::string, std::string> found;
  for (const Check& check : check_placements(ranks, granted))
    if (!check.good) found[check.subject] = check.text;
  return found;
}

TEST(Placement, RangesOfNumbers) {
  EXPECT_EQ(ranges_text({}), "");
  EXPECT_EQ(ranges_text({5}), "5");
  EXPECT_EQ(ranges_text({0, 1, 2, 8}), "0-2,8");
  EXPECT_EQ(ranges_text({1, 3, 4}), "1,3-4");
}

TEST(Placement, RanksWithCoresOfTheirOwnAreFine) {
  EXPECT_THAT(complaints({rank_on("a", {0, 1}), rank_on("a", {2, 3}), rank_on("b", {0, 1})},
                         {.cpus_per_task = 2}),
              testing::IsEmpty());
}

TEST(Placement, SeveralRanksOnOneCore) {
  const auto found = complaints({rank_on("a", {0}), rank_on("b", {1, 5}), rank_on("b", {1, 5})});
  EXPECT_THAT(found.at("cores"), HasSubstr("2 ranks share 1 cores of b"));
}

TEST(Placement, RanksThatAreNotBound) {
  const auto found = complaints({rank_on("a", {0, 1, 2}), rank_on("a", {0, 1, 2})});
  EXPECT_THAT(found.at("cores"), HasSubstr("ranks 0 and 1 on a"));
  EXPECT_THAT(found.at("cores"), HasSubstr("--cpu-bind=cores"));
  EXPECT_EQ(found.count("hyper-threads"), 0u);
}

TEST(Placement, HyperThreadsOfOneCore) {
  const auto found = complaints({rank_on("a", {0, 1}), rank_on("a", {2, 4}), rank_on("a", {3, 7})});
  EXPECT_THAT(found.at("hyper-threads"), HasSubstr("ranks 0 and 1 on a"));
  EXPECT_THAT(complaints({rank_on("a", {0, 4})}).at("hyper-threads"), HasSubstr("--threads 1"));
}

TEST(Placement, CpusThatSrunDidNotPassOn) {
  const auto found = complaints({rank_on("a", {0})}, {.cpus_per_task = 8});
  EXPECT_THAT(found.at("CPUs of a task"), HasSubstr("8 were asked for, rank 0 has 1"));
}

TEST(Placement, GpusThatAreNotVisible) {
  RankPlace blind = rank_on("a", {0}), seeing = rank_on("a", {1});
  blind.no_gpus = "no driver";
  seeing.gpus = 1;
  EXPECT_THAT(complaints({blind}, {.gpus_per_node = 4}).at("GPUs"), HasSubstr("no driver"));
  EXPECT_EQ(complaints({blind}).count("GPUs"), 0u);
  EXPECT_EQ(complaints({seeing}, {.gpus_per_node = 1}).count("GPUs"), 0u);
  const auto shared = complaints({seeing, seeing}, {.gpus_per_node = 1});
  EXPECT_THAT(shared.at("GPUs"), HasSubstr("2 ranks share 1 GPUs of a"));
}

TEST(Placement, TcpBesideInfiniband) {
  RankPlace a = rank_on("a", {0}), b = rank_on("b", {0});
  EXPECT_EQ(complaints({a, b}).count("network"), 0u);
  a.has_infiniband = b.has_infiniband = true;
  EXPECT_THAT(complaints({a, b}).at("network"), HasSubstr("TCP"));
  EXPECT_EQ(complaints({a}).count("network"), 0u);
  b.uses_infiniband = true;
  EXPECT_EQ(complaints({a, b}).count("network"), 0u);
}

TEST(Placement, ReadsTheSystemsTopology) {
  const TemporaryFolder root;
  const auto self = comm::make_self_communicator();
  const auto before = rank_places(*self);
  ASSERT_EQ(before.size(), 1u);
  EXPECT_FALSE(before[0].cpus.empty());

  // Every hardware thread is the second one of core 7.
  for (const int cpu : before[0].cpus) {
    const auto folder = root.path() / fmt::format("sys/devices/system/cpu/cpu{}/topology", cpu);
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "thread_siblings_list") << "7," << cpu << "\n";
  }
  std::filesystem::create_directories(root.path() / "sys/class/infiniband/mlx5_0");
  setenv("DTRAIN_SYSFS_ROOT", root.path().c_str(), 1);
  const auto after = rank_places(*self);
  unsetenv("DTRAIN_SYSFS_ROOT");
  EXPECT_EQ(after[0].cores, std::vector{7});
  EXPECT_EQ(after[0].cpus, before[0].cpus);
  EXPECT_TRUE(after[0].has_infiniband);
  EXPECT_FALSE(after[0].uses_infiniband);
}

}  // namespace
}  // namespace dtrain::launch
