// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/checkpoint_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "tests/support/temporary_folder.hpp"
#include "tests/train/example_checkpoint.hpp"

namespace dtrain::train {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class CheckpointFolderTest : public testing::Test {
 protected:
  fs::path path() const { return folder_.path(); }
  void write(std::int64_t step, std::int64_t best_step, std::int64_t keep) const {
    Checkpoint checkpoint = example_checkpoint(step);
    checkpoint.progress.best_step = best_step;
    CheckpointFolder(path(), keep).write(checkpoint);
  }
  std::set<std::string> names() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(path())) names.insert(entry.path().filename());
    return names;
  }
  void damage(const char* name) const {
    std::fstream(path() / name, std::ios::in | std::ios::out | std::ios::binary)
        .seekp(2000)
        .put('!');
  }
  /// Step of the newest checkpoint, or -1.
  std::int64_t newest() {
    notices_.clear();
    const auto found =
        newest_checkpoint(path(), [&](const std::string& text) { notices_.push_back(text); });
    return found ? found->checkpoint.progress.step : -1;
  }

  TemporaryFolder folder_;
  std::vector<std::string> notices_;
};

TEST_F(CheckpointFolderTest, NamesHaveFourDigitsAtLeast) {
  write(7, -1, 3);
  write(123456, -1, 3);
  EXPECT_THAT(names(), ElementsAre("checkpoint-0007.h5", "checkpoint-123456.h5", "latest"));
  std::string latest;
  std::ifstream(path() / "latest") >> latest;
  EXPECT_EQ(latest, "checkpoint-123456.h5");
}

TEST_F(CheckpointFolderTest, KeepsTheLastOnesAndTheBest) {
  for (int step = 1; step <= 6; ++step) write(step, step < 2 ? -1 : 2, 2);
  EXPECT_THAT(names(), ElementsAre("checkpoint-0002.h5", "checkpoint-0005.h5", "checkpoint-0006.h5",
                                   "latest"));
  write(7, 7, 2);  // a new best: the old one goes
  EXPECT_THAT(names(), ElementsAre("checkpoint-0006.h5", "checkpoint-0007.h5", "latest"));
}

TEST_F(CheckpointFolderTest, ADamagedFileIsNamedAndTheOneBeforeIsUsed) {
  for (int step : {10, 20, 30}) write(step, -1, 3);
  EXPECT_EQ(newest(), 30);
  EXPECT_TRUE(notices_.empty());
  damage("checkpoint-0030.h5");
  EXPECT_EQ(newest(), 20);
  EXPECT_THAT(notices_, ElementsAre(HasSubstr("checkpoint-0030.h5 is damaged")));
  fs::resize_file(path() / "checkpoint-0020.h5", 1000);
  EXPECT_EQ(newest(), 10);
  EXPECT_THAT(notices_,
              ElementsAre(HasSubstr("0030.h5 is damaged"), HasSubstr("0020.h5 is truncated")));
  damage("checkpoint-0010.h5");
  EXPECT_EQ(newest(), -1);
  EXPECT_EQ(notices_.size(), 3u);
}

TEST_F(CheckpointFolderTest, LatestDecidesBetweenBranches) {
  for (int step : {10, 20, 30}) write(step, -1, 3);
  write(15, -1, 3);  // resumed from 10: 20 and 30 are of the branch given up, and stay
  EXPECT_EQ(newest(), 15);
  EXPECT_TRUE(names().contains("checkpoint-0030.h5"));
  fs::remove(path() / "latest");
  EXPECT_EQ(newest(), 30);
}

TEST_F(CheckpointFolderTest, ALostLatestFileDoesNoHarm) {
  for (int step : {10, 20}) write(step, -1, 3);
  std::ofstream(path() / "latest") << "checkpoint-9999.h5\n";
  EXPECT_EQ(newest(), 20);
  std::ofstream(path() / "latest") << "nonsense\n";
  EXPECT_EQ(newest(), 20);
}

TEST_F(CheckpointFolderTest, AnInterruptedWriteLeavesTheOldOne) {
  write(10, -1, 3);
  std::ofstream(path() / "checkpoint-0020.h5.partial") << "half a file";  // killed here
  std::ofstream(path() / "latest.partial") << "";
  EXPECT_EQ(newest(), 10);
  EXPECT_TRUE(notices_.empty());
  write(30, -1, 3);
  EXPECT_THAT(names(), ElementsAre("checkpoint-0010.h5", "checkpoint-0030.h5", "latest"));
}

TEST_F(CheckpointFolderTest, OtherFilesAreNoCheckpoints) {
  const std::set<std::string> others{"checkpoint-.h5",  "checkpoint-12x.h5", "checkpoint-0001.txt",
                                     "notes",           "film.partial",      ".partial",
                                     "notes.h5.partial"};
  for (const std::string& name : others) std::ofstream(path() / name) << "text";
  EXPECT_EQ(newest(), -1);
  EXPECT_TRUE(notices_.empty());
  write(1, -1, 1);
  write(2, -1, 1);
  std::set<std::string> expected = others;
  expected.insert({"checkpoint-0002.h5", "latest"});
  EXPECT_EQ(names(), expected);
}

TEST_F(CheckpointFolderTest, AnEmptyOrMissingFolderHasNone) {
  EXPECT_EQ(newest(), -1);
  EXPECT_FALSE(newest_checkpoint("/nonexistent", [](const std::string&) {}));
}

}  // namespace
}  // namespace dtrain::train
