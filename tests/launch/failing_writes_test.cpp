// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Disks that fill up or break at the worst moment: one error, the right exit code, no half-written file
// under a final name, and the run goes on from where it was.

#include <gmock/gmock.h>
#include <sys/mount.h>

#include <cerrno>
#include <set>

#include "tests/launch/dtrain_process.hpp"
#include "tests/support/failing_writes.hpp"

namespace dtrain::test {
namespace {

using testing::HasSubstr;

struct Fault {
  std::string call, path;
  long after;
  int error;
};

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.call << " of " << fault.path << " after " << fault.after << ", errno "
       << fault.error;
}

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}

class DiskTest : public DtrainTest {
 protected:
  static constexpr const char* training =
      "--model mlp64 --steps 6 --checkpoint-every 0 --checkpoint-every-steps 2 --threads 1 "
      "--progress none";

  void expect_one_error(const Finished& finished, const std::string& file, const std::string& why) {
    EXPECT_EQ(finished.code, 1) << finished.err;
    EXPECT_EQ(count_of(finished.err, "\n"), 1u) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr("dtrain: error: "));
    EXPECT_THAT(finished.err, HasSubstr(file));
    EXPECT_THAT(finished.err, HasSubstr(why));
  }

  /// Names in the run's folder that no reader may meet.
  void expect_no_halves(const fs::path& run) {
    for (const std::string& name : names_in(folder_ / run)) {
      EXPECT_FALSE(name.ends_with(".partial")) << name;
      if (name.ends_with(".json")) {
        EXPECT_NO_THROW(json_file(run / name)) << name;
      }
      if (name.starts_with("checkpoint-")) ok(fmt::format("verify {0} {0}", (run / name).string()));
    }
  }

  void expect_goes_on(const fs::path& run) {
    ok(fmt::format("{} --output whole", training));
    ok(fmt::format("--resume {} --progress none", run.string()));
    ok(fmt::format("verify {}/checkpoint-0006.h5 whole/checkpoint-0006.h5", run.string()));
  }
};

class FailingCheckpoint : public DiskTest, public testing::WithParamInterface<Fault> {};

TEST_P(FailingCheckpoint, LeavesTheOneBefore) {
  const Fault& fault = GetParam();
  {
    const FailingWrites disk(fault.call, fault.path, fault.after, fault.error);
    expect_one_error(dtrain(fmt::format("{} --output run", training)), "checkpoint-0004.h5",
                     fault.error == ENOSPC ? "Free some space" : std::strerror(fault.error));
  }
  EXPECT_EQ(latest("run"), "run/checkpoint-0002.h5");
  EXPECT_FALSE(fs::exists(folder_ / "run/checkpoint-0004.h5"));
  EXPECT_FALSE(fs::exists(folder_ / "run/summary.json"));
  expect_no_halves("run");
  expect_goes_on("run");
}

INSTANTIATE_TEST_SUITE_P(Disk, FailingCheckpoint,
                         testing::Values(Fault{"write", "/checkpoint-0004", 0, ENOSPC},
                                         Fault{"write", "/checkpoint-0004", 1000, ENOSPC},
                                         Fault{"write", "/checkpoint-0004", 20000, EIO},
                                         Fault{"fsync", "/checkpoint-0004", 0, EIO},
                                         Fault{"close", "/checkpoint-0004", 0, EDQUOT},
                                         Fault{"rename", "/checkpoint-0004", 0, EIO}));

class FailingText : public DiskTest, public testing::WithParamInterface<Fault> {};

TEST_P(FailingText, EndsTheRunWhichThenGoesOn) {
  const Fault& fault = GetParam();
  {
    const FailingWrites disk(fault.call, fault.path, fault.after, fault.error);
    expect_one_error(dtrain(fmt::format("{} --output run", training)), fault.path,
                     std::strerror(fault.error));
  }
  expect_no_halves("run");
  if (fs::exists(folder_ / "run/latest")) expect_goes_on("run");
}

INSTANTIATE_TEST_SUITE_P(Disk, FailingText,
                         testing::Values(Fault{"write", "/latest", 0, ENOSPC},
                                         Fault{"rename", "/latest", 1, EIO},
                                         Fault{"write", "/metrics.jsonl", 0, ENOSPC},
                                         Fault{"write", "/metrics.jsonl", 300, EIO},
                                         Fault{"write", "/epochs.csv", 10, ENOSPC},
                                         Fault{"write", "tfevents", 100, ENOSPC},
                                         Fault{"rename", "/config.toml", 0, EIO},
                                         Fault{"write", "/environment.json", 5, ENOSPC},
                                         Fault{"write", "/summary.json", 100, ENOSPC},
                                         Fault{"rename", "/summary.json", 0, EIO}));

class FailingDataset : public DiskTest, public testing::WithParamInterface<Fault> {};

TEST_P(FailingDataset, LeavesTheOldFileOrNone) {
  const Fault& fault = GetParam();
  const auto make = [&] {
    const FailingWrites disk(fault.call, fault.path, fault.after, fault.error);
    expect_one_error(dtrain("data synth 1x8x8:4:4000 -o made.h5"), "made.h5",
                     std::strerror(fault.error));
  };
  make();
  EXPECT_FALSE(fs::exists(folder_ / "made.h5"));
  EXPECT_FALSE(fs::exists(folder_ / "made.h5.partial"));
  ok("data synth 1x4x4:2:10 -o made.h5");
  const std::string before = read_text(folder_ / "made.h5");
  make();
  EXPECT_TRUE(read_text(folder_ / "made.h5") == before);
  EXPECT_FALSE(fs::exists(folder_ / "made.h5.partial"));
}

INSTANTIATE_TEST_SUITE_P(Disk, FailingDataset,
                         testing::Values(Fault{"write", "made.h5", 0, ENOSPC},
                                         Fault{"write", "made.h5", 3000, ENOSPC},
                                         Fault{"write", "made.h5", 200000, EIO},
                                         Fault{"fsync", "made.h5", 0, EIO},
                                         Fault{"rename", "made.h5", 0, EIO}));

TEST_F(DiskTest, RanksTellOfItOnce) {
  {
    const FailingWrites disk("write", "/checkpoint-0004", 1000, ENOSPC);
    expect_one_error(dtrain(fmt::format("launch -np 2 -- {} --output run", training)),
                     "checkpoint-0004.h5", "Free some space");
  }
  EXPECT_EQ(latest("run"), "run/checkpoint-0002.h5");
  expect_no_halves("run");
}

/// A file system of its own, which is full soon. Only root may make one.
class SmallDisk {
 public:
  SmallDisk(const fs::path& folder, const std::string& options) : folder_(folder) {
    fs::create_directory(folder);
    mounted_ = mount("dtrain-test", folder.c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }

 private:
  fs::path folder_;
  bool mounted_;
};

TEST_F(DiskTest, AFullFileSystemLeavesTheCheckpointBefore) {
  const SmallDisk disk(folder_ / "disk", "size=160k");
  if (!disk.mounted()) GTEST_SKIP() << "SKIPPED: a file system can be mounted by root only";
  // One checkpoint fits, two do not.
  expect_one_error(dtrain(fmt::format("{} --optimizer adam --output disk/run", training)),
                   "disk/run/", "No space left on device. Free some space");
  expect_no_halves("disk/run");
  EXPECT_TRUE(fs::exists(folder_ / "disk/run/checkpoint-0002.h5"));
  const Finished full = dtrain("data synth 1x8x8:4:8000 -o disk/made.h5");
  expect_one_error(full, "disk/made.h5", "No space left on device");
  EXPECT_FALSE(fs::exists(folder_ / "disk/made.h5"));
  EXPECT_FALSE(fs::exists(folder_ / "disk/made.h5.partial"));
}

}  // namespace
}  // namespace dtrain::test
