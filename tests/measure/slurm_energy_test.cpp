// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/slurm_energy.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_folder.hpp"

namespace dtrain::measure {
namespace {

namespace fs = std::filesystem;

/// An sstat of our own, first on the PATH, that keeps its arguments and says `answer`.
class SlurmEnergy : public testing::Test {
 protected:
  SlurmEnergy() {
    setenv("PATH", fmt::format("{}:{}", folder_.path().string(), std::getenv("PATH")).c_str(), 1);
    setenv("SLURM_JOB_ID", "4711", 1);
    setenv("SLURM_STEP_ID", "3", 1);
  }
  void answer(const std::string& text) {
    const fs::path program = folder_.path() / "sstat";
    std::ofstream(program) << fmt::format("#!/bin/sh\necho \"$@\" > {}\nprintf '{}'\n",
                                          (folder_.path() / "arguments").string(), text);
    fs::permissions(program, fs::perms(0755));
  }
  std::string arguments() {
    std::string line;
    std::ifstream stream(folder_.path() / "arguments");
    std::getline(stream, line);
    return line;
  }
  TemporaryFolder folder_;
};

TEST_F(SlurmEnergy, IsThatOfThisStep) {
  answer("12345\\n");
  EXPECT_EQ(slurm_step_joules(), 12345.0);
  EXPECT_NE(arguments().find("--jobs=4711.3"), std::string::npos) << arguments();
  EXPECT_NE(arguments().find("ConsumedEnergyRaw"), std::string::npos) << arguments();
}

TEST_F(SlurmEnergy, IsUnknownWhereSlurmDoesNotMeasure) {
  for (const char* text : {"0\\n", "\\n", ""}) {
    answer(text);
    EXPECT_FALSE(slurm_step_joules()) << text;
  }
}

TEST_F(SlurmEnergy, IsUnknownOutsideAStep) {
  answer("12345\\n");
  setenv("SLURM_STEP_ID", "3; rm", 1);
  EXPECT_FALSE(slurm_step_joules());
  unsetenv("SLURM_STEP_ID");
  EXPECT_FALSE(slurm_step_joules());
  EXPECT_EQ(arguments(), "");
}

}  // namespace
}  // namespace dtrain::measure
