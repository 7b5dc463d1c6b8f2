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
  /// mpirun, which notes its arguments and ends in `ways` one after the other.
  void play_ends(const std::vector<std::string>& ways) const {
    std::string script = "echo \" $* \" >> arguments\ncase $(wc -l < arguments) in\n";
    for (std::size_t i = 0; i < ways.size(); ++i)
      script += fmt::format("{}) {} ;;\n", i + 1, ways[i]);
    play("mpirun", script + "esac\n");
  }
  static constexpr const char* loses_rank_1 =
      "cat >&2 <<'END'\n"
      "--------------------------------------------------------------------------\n"
      "mpirun noticed that process rank 1 with PID 0 on node b exited on signal 9 (Killed).\n"
      "--------------------------------------------------------------------------\n"
      "END\n"
      "exit 137";

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

TEST_F(Launch, NamesTheRankThatWasLost) {
  play_ends({loses_rank_1, "exit 139", "kill -9 $$", "exit 205"});
  for (const char* message :
       {"rank 1 on b was lost (Killed)", "a rank was lost (Segmentation fault)",
        "mpirun itself was lost (Killed)", "a host no longer answers"}) {
    const Finished finished = dtrain("launch -np 2");
    EXPECT_EQ(finished.code, 4);
    EXPECT_EQ(finished.err, fmt::format("dtrain: error: {}: go on with --resume and the folder of "
                                        "the run\n",
                                        message));
  }
}

TEST_F(Launch, StartsAgainAfterALostRank) {
  play_ends({loses_rank_1, "exit 4", "exit 0"});
  const Finished finished = dtrain("launch -np 2 --max-restarts 2 -- --model mlp --output run");
  EXPECT_EQ(finished.code, 0);
  EXPECT_THAT(finished.err,
              HasSubstr("attempt 1 of 3 ended: rank 1 on b was lost (Killed); going on"));
  EXPECT_THAT(finished.err, HasSubstr("attempt 2 of 3 ended: a rank was lost or hung"));
  EXPECT_EQ(count_of(arguments(), "\n"), 3u);
  EXPECT_EQ(count_of(arguments(), "--model mlp --output run"), 3u);
  EXPECT_EQ(count_of(arguments(), "--resume auto"), 2u);
}

TEST_F(Launch, NamesTheFolderThatItMustFindAgain) {
  play_ends({"exit 4", "exit 0"});
  EXPECT_EQ(dtrain("launch -np 2 --max-restarts 1 -- --model mlp").code, 0);
  EXPECT_EQ(count_of(arguments(), "--output runs/mlp-digits-2"), 2u) << arguments();
}

TEST_F(Launch, EndsWhenNoRestartIsLeft) {
  play_ends({"exit 4", "exit 4", "exit 0"});
  EXPECT_EQ(dtrain("launch -np 2 --max-restarts 1 -- --output run").code, 4);
  EXPECT_EQ(count_of(arguments(), "\n"), 2u);
}

TEST_F(Launch, DoesNotRepeatWhatWouldFailAgain) {
  for (const int code : {0, 1, 2, 3, 5, 75}) {
    fs::remove(folder_ / "arguments");
    play_ends({fmt::format("exit {}", code), "exit 0"});
    EXPECT_EQ(dtrain("launch -np 2 --max-restarts 3 -- --output run").code, code);
    EXPECT_EQ(count_of(arguments(), "\n"), 1u) << code;
  }
  EXPECT_EQ(dtrain("launch -np 2 --max-restarts 3 -- bench allreduce").code, 2);
}

TEST_F(Launch, DoesNotStartAgainWhatWasAskedToStop) {
  play("mpirun",
       "echo >> arguments\ntrap 'exit 137' USR1\n: > ready\nwhile :; do sleep 0.02; done\n");
  const Process job(folder_, "launch -np 2 --max-restarts 3 -- --output run");
  ASSERT_TRUE(soon([&] { return fs::exists(folder_ / "ready"); }));
  job.send(SIGTERM);
  EXPECT_EQ(job.wait().code, 4);
  EXPECT_EQ(count_of(arguments(), "\n"), 1u);
}

TEST_F(Launch, GoesOnWithoutAHostThatDoesNotAnswer) {
  play("ssh", "[ $1 = a ] && [ $2 = true ]\n");
  setenv("OMPI_MCA_plm_rsh_agent", "no-such-shell : ssh", 1);
  struct Case {
    const char *hosts, *left;
  };
  for (const auto& [hosts, left] : {Case{"a,b", "-np 2 -H a "}, Case{"a:3,b:1", "-np 3 -H a:3 "},
                                    Case{"b,a,c,d", "-np 1 -H a "}, Case{"a:4", "-np 4 -H a:4 "}}) {
    fs::remove(folder_ / "arguments");
    play_ends({"exit 205", "exit 0"});
    const Finished finished =
        dtrain(fmt::format("launch -np 4 --hosts {} --max-restarts 1 -- --output run", hosts));
    EXPECT_EQ(finished.code, 0) << finished.err;
    EXPECT_THAT(arguments(), HasSubstr(fmt::format(" -np 4 -H {} ", hosts)));
    EXPECT_THAT(arguments(), HasSubstr(fmt::format("\n {}", left)));
  }
  fs::remove(folder_ / "arguments");
  play_ends({"exit 205", "exit 0"});
  const Finished nobody = dtrain("launch -np 4 --hosts b,c --max-restarts 1 -- --output run");
  EXPECT_EQ(nobody.code, 4);
  EXPECT_THAT(nobody.err, HasSubstr("none of --hosts b,c answers"));
  fs::remove(folder_ / "arguments");
  const Finished bigger =
      dtrain("launch -np 4 --hosts a,b --max-restarts 1 -- --output run --batch-per-rank 8");
  EXPECT_EQ(bigger.code, 4);
  EXPECT_THAT(bigger.err, HasSubstr("--batch-per-rank"));
  unsetenv("OMPI_MCA_plm_rsh_agent");
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
