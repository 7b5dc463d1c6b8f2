// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "base/numa.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "tests/support/temporary_folder.hpp"

namespace dtrain {
namespace {

void write_domain(const std::filesystem::path& folder, const char* name, const char* cores) {
  std::filesystem::create_directories(folder / name);
  std::ofstream(folder / name / "cpulist") << cores << '\n';
}

TEST(NumaDomain, HasAllOfTheCores) {
  const TemporaryFolder folder;
  write_domain(folder.path(), "node0", "0-3,16-19");
  write_domain(folder.path(), "node1", "4-7,20,21-23");
  write_domain(folder.path(), "node8", "");  // memory without cores
  const auto domain = [&](const std::vector<int>& cores) {
    return numa_domain_of(cores, folder.path());
  };
  EXPECT_EQ(domain({0}), 0);
  EXPECT_EQ(domain({3, 16, 19}), 0);
  EXPECT_EQ(domain({4, 20, 22}), 1);
  EXPECT_EQ(domain({3, 4}), std::nullopt);
  EXPECT_EQ(domain({8}), std::nullopt);
  EXPECT_EQ(domain({}), std::nullopt);
  EXPECT_EQ(numa_domain_of(std::vector{0}, folder.path() / "nowhere"), std::nullopt);
}

}  // namespace
}  // namespace dtrain
