// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain launch and what it asks of mpirun and srun, played by scripts.

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/launch/dtrain_process.hpp"

namespace dtrain::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Launch : public DtrainTest {
 protected:
  Launch() {
    setenv("PATH", fmt::format("{}/bin:{}", folder_.string(), path_).c_str(), 1);
    for (const char* name : slurm) unsetenv(name);
    fs::create_directory(folder_ / "bin");
  }
  ~Launch() override {
    setenv("PATH", path_.c_str(), 1);
    for (const char* name : slurm) unsetenv(name);
  }
  /// A program of this name, found first.
  void play(const std::string& name, const std::string& script) const {
    write_text(folder_ / "bin" / name, "#!/bin/sh\n" + script);
    fs::permissions(folder_ / "bin" / name, fs::perms::owner_all);
  }
  /// What it was called with, between blanks.
  static constexpr const char* tells_arguments = "echo \" $* \" > arguments\n";
  std::string arguments() const { return read_text(folder_ / "arguments"); }

  static constexpr const char* slurm[] = {"SLURM_JOB_ID", "SLURM_JOB_CPUS_PER_NODE",
                                          "SLURM_CPU_BIND"};
  const std::string path_ = std::getenv("PATH");
};

TEST_F(Launch, AsksSlurmForRanksAsTheAllocationTakesThem) {
  play("srun", tells_arguments);
  setenv("SLURM_JOB_ID", "7", 1);
  setenv("SLURM_JOB_CPUS_PER_NODE", "2(x2),4", 1);  // 8 in all
  ok("launch -np 8 -- --epochs 1");
  EXPECT_THAT(arguments(), HasSubstr(" --ntasks 8 "));
  EXPECT_THAT(arguments(), HasSubstr(" --cpu-bind=cores "));
  EXPECT_THAT(arguments(), HasSubstr(" --epochs 1 "));
  EXPECT_THAT(arguments(), Not(HasSubstr("overcommit")));
  ok("launch -np 9 -- --epochs 1");
  EXPECT_THAT(arguments(), HasSubstr(" --overcommit --cpu-bind=none "));
  ok("launch -np 4 --hosts a,b -- --epochs 1");
  EXPECT_THAT(arguments(), HasSubstr(" --cpu-bind=sockets --nodelist a,b "));
  setenv("SLURM_CPU_BIND", "quiet", 1);  // the user's own
  ok("launch -np 4 -- --epochs 1");
  EXPECT_THAT(arguments(), Not(HasSubstr("cpu-bind")));

  const Finished refused = dtrain("launch -np 4 --hosts a:2,b:2 -- --epochs 1");
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("a:2,b:2"));
}

TEST_F(Launch, PassesOneStopOnAndEndsTheJobAtTheSecond) {
  play("mpirun",
       "trap ': > asked' USR1\ntrap 'exit 1' TERM\n: > ready\nwhile :; do sleep 0.02; done\n");
  const Process job(folder_, "launch -np 2");
  ASSERT_TRUE(soon([&] { return fs::exists(folder_ / "ready"); }));
  job.send(SIGTERM);
  ASSERT_TRUE(soon([&] { return fs::exists(folder_ / "asked"); }));
  job.send(SIGTERM);
  const Finished finished = job.wait();
  EXPECT_EQ(finished.code, 1);
  EXPECT_EQ(finished.err,
            "dtrain: error: ended at the second request to stop, without a checkpoint\n");
}

TEST_F(Launch, NoJobOutlivesIt) {
  play("mpirun", "trap ': > ended; exit 1' TERM\n: > ready\nwhile :; do sleep 0.02; done\n");
  const Process job(folder_, "launch -np 2");
  ASSERT_TRUE(soon([&] { return fs::exists(folder_ / "ready"); }));
  job.send(SIGKILL);
  EXPECT_EQ(job.wait().code, 128 + SIGKILL);
  EXPECT_TRUE(soon([&] { return fs::exists(folder_ / "ended"); }));
}

TEST_F(Launch, AHangupIsARequestToStopUnlessIgnored) {
  play("mpirun", "trap 'exit 75' USR1\n: > ready\nfor i in 1 2 3 4 5 6 7 8; do sleep 0.1; done\n");
  for (const bool ignored : {false, true}) {
    fs::remove(folder_ / "ready");
    const auto before = std::signal(SIGHUP, ignored ? SIG_IGN : SIG_DFL);
    const Process job(folder_, "launch -np 2");
    std::signal(SIGHUP, before);
    ASSERT_TRUE(soon([&] { return fs::exists(folder_ / "ready"); }));
    job.send(SIGHUP);
    EXPECT_EQ(job.wait().code, ignored ? 0 : 75);
  }
}

TEST_F(Launch, AStopWaitsUntilThereIsAJob) {
  play("mpirun", "exec sleep 60\n");
  const fs::path config = folder_ / "c.toml";
  ASSERT_EQ(mkfifo(config.c_str(), 0600), 0);
  const Process job(folder_, "launch -np 2 -- --config c.toml");
  {
    const std::ofstream pipe(config);  // opens once it is being read
    job.send(SIGTERM);
  }
  EXPECT_EQ(job.wait().code, 75);
}

TEST_F(Launch, AStopBeforeTrainingIsNoLostRank) {
  play("mpirun", ": > ready\nexec sleep 60\n");  // dies of the request, as ranks do at first
  const Process job(folder_, "launch -np 2");
  ASSERT_TRUE(soon([&] { return fs::exists(folder_ / "ready"); }));
  job.send(SIGUSR1);
  const Finished finished = job.wait();
  EXPECT_EQ(finished.code, 75);
  EXPECT_THAT(finished.err, HasSubstr("stopped before training began"));
}

}  // namespace
}  // namespace dtrain::test
