// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Ranks that stall or stop, by dtrain_faults: the report names them and where they are, in time, the
// job ends with code 4, and nothing is left of it.

#include <gmock/gmock.h>

#include <regex>
#include <sstream>

#include "tests/launch/dtrain_process.hpp"

namespace dtrain::test {
namespace {

using testing::HasSubstr;

constexpr double timeout_seconds = 3;

/// A batch of 64 in 63 steps an epoch, which take some seconds unless a rank hangs.
const std::string tiny =
    "--model mlp64 --data synthetic:1x8x8:4:4000 --global-batch 64 --threads 1 --progress none "
    "--hang-timeout 3 --output run ";

struct Hang {
  std::string name, fault;
  int missing;               ///< the rank that the report is to name
  std::string where;         ///< and the place
  std::string waiting = "";  ///< what the others wait for
  std::string options = "--epochs 100000";
  std::string launch = "launch -np 3 -- ";
};

void PrintTo(const Hang& hang, std::ostream* stream) {
  *stream << hang.fault;
}

class HangTest : public DtrainTest {
 protected:
  ~HangTest() override { unsetenv("DTRAIN_TEST_FAULT"); }

  /// Processes that name this test's folder as where they run.
  std::vector<pid_t> left_behind() const {
    std::vector<pid_t> pids;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const pid_t pid = std::atoi(entry.path().filename().c_str());
      std::error_code error;
      if (pid > 0 && pid != getpid() && fs::read_symlink(entry.path() / "cwd", error) == folder_)
        pids.push_back(pid);
    }
    return pids;
  }
  void expect_report(const Finished& finished) const {
    EXPECT_EQ(finished.code, 4) << finished.err;
    EXPECT_EQ(count_of(finished.err, "dtrain: error: "), 1u) << finished.err;
    EXPECT_TRUE(soon([&] { return left_behind().empty(); }));
    // In time: every rank was where it is for less than the timeout and 5 s.
    static const std::regex for_seconds(" for ([0-9.]+) s");
    const std::string& text = finished.err;
    EXPECT_TRUE(std::regex_search(text, for_seconds)) << text;
    for (std::sregex_iterator it(text.begin(), text.end(), for_seconds), end; it != end; ++it)
      EXPECT_LE(std::stod((*it)[1]), timeout_seconds + 5) << text;
  }
  std::string kept_report() const { return read_text(folder_ / "run" / "hang-report.txt"); }
};

class HangPlaces : public HangTest, public testing::WithParamInterface<Hang> {};

TEST_P(HangPlaces, AreNamed) {
  const Hang& hang = GetParam();
  setenv("DTRAIN_TEST_FAULT", hang.fault.c_str(), 1);
  const Finished finished = dtrain(hang.launch + tiny + hang.options);
  expect_report(finished);
  EXPECT_THAT(finished.err,
              testing::AnyOf(HasSubstr(fmt::format("waits for rank {} on ", hang.missing)),
                             HasSubstr(fmt::format("rank {} on", hang.missing))));
  const std::string line = fmt::format("  rank {} on ", hang.missing);
  const std::size_t at = finished.err.find(line);
  ASSERT_NE(at, std::string::npos) << finished.err;
  EXPECT_THAT(finished.err.substr(at, finished.err.find('\n', at) - at), HasSubstr(hang.where));
  EXPECT_THAT(finished.err, HasSubstr(hang.waiting));
  if (hang.fault.find("start.") == std::string::npos) {
    EXPECT_THAT(kept_report(), HasSubstr(line));
  }
}

const std::string sharded = "--shard-optimizer --clip-norm 1 --epochs 100000";

INSTANTIATE_TEST_SUITE_P(
    All, HangPlaces,
    testing::Values(
        Hang{"Loader", "stall,rank=1,place=loader,step=5", 1, "in the loader, step 5",
             "ranks 0, 2 wait in the sum of bucket 1, step 5"},
        Hang{"Forward", "stall,rank=2,place=training.forward,step=5", 2, "in forward, step 5",
             "ranks 0-1 wait in the sum of bucket 1, step 5"},
        Hang{"Backward", "stall,rank=0,place=backward,step=5", 0, "in backward, step 5",
             "ranks 1-2 wait in the sum of bucket 1, step 5"},
        Hang{"Optimizer", "stall,rank=1,place=optimizer,step=5", 1, "in the optimizer, step 5",
             "wait in the sum of bucket 1, step 6"},
        Hang{"Bucket", "stall,rank=1,place=bucket,step=5", 1,
             "has not arrived: at work of its own, step 5", "wait in the sum of bucket 1, step 5"},
        Hang{"BucketBesideBackward", "stall,rank=1,place=bucket,step=5", 1,
             "waiting for its thread that sums gradients, step 5",
             "wait in the sum of bucket 1, step 5", "--overlap --bucket-mb 0.001 --epochs 100000"},
        Hang{"Share", "stall,rank=1,place=share,step=5", 1, "at work of its own, step 5",
             "wait in the exchange of values, step 5", sharded},
        Hang{"Norms", "stall,rank=1,place=allreduce,step=5", 1, "in the optimizer, step 5",
             "wait in an allreduce, step 5", sharded},
        Hang{"EvaluationForward", "stall,rank=1,place=evaluation.forward,step=63", 1,
             "in forward, evaluation after step 63", "wait in a gather, evaluation after step 63"},
        Hang{"EvaluationSums", "stall,rank=2,place=evaluation.all_gather", 2,
             "at work of its own, evaluation after step 63",
             "wait in a gather, evaluation after step 63"},
        Hang{"CheckpointGather", "stall,rank=1,place=checkpoint.all_gather", 1,
             "at work of its own, checkpoint of step 63", "wait in a gather, checkpoint of step 63",
             sharded},
        Hang{"CheckpointWriting", "stall,rank=0,place=writing,step=63", 0,
             "writing the file, checkpoint of step 63",
             "ranks 1-2 wait in the sum of bucket 1, step 64"},
        Hang{"Start", "stall,rank=1,place=start.allreduce", 1, "at work of its own, at the start",
             "wait in an allreduce, at the start"},
        Hang{"End", "stall,rank=1,place=end.barrier", 1, "at work of its own, at the end",
             "wait in a barrier, at the end", "--steps 5"},
        Hang{"StoppedInForward", "stop,rank=1,place=training.forward,step=5", 1,
             "does not answer: last seen in forward, step 5",
             "wait in the sum of bucket 1, step 5"},
        Hang{"StoppedRoot", "stop,rank=0,place=backward,step=5", 0, "the process is stopped",
             "ranks 1-2 wait in the sum of bucket 1, step 5"},
        Hang{"OneRankOfALauncher", "stall,rank=0,place=loader,step=5", 0, "in the loader, step 5",
             "", "--epochs 100000", "launch -np 1 -- "},
        Hang{"OneRankAlone", "stall,rank=0,place=forward,step=5", 0, "in forward, step 5", "",
             "--epochs 100000", ""}),
    [](const auto& info) { return info.param.name; });

TEST_F(HangTest, SeveralRanks) {
  setenv("DTRAIN_TEST_FAULT", "stall,rank=1,place=forward,step=5;stop,rank=3,place=loader,step=5",
         1);
  const Finished finished = dtrain("launch -np 4 -- " + tiny + "--epochs 100000");
  expect_report(finished);
  EXPECT_THAT(finished.err, HasSubstr("waits for ranks 1, 3, and"));
  EXPECT_THAT(finished.err, HasSubstr("ranks 0, 2 wait in the sum of bucket 1, step 5"));
}

TEST_F(HangTest, ABroadcastAtTheStart) {
  const std::string run = "launch -np 3 -- " + tiny;
  ok(run + "--steps 5");
  setenv("DTRAIN_TEST_FAULT", "stall,rank=2,place=broadcast", 1);
  const Finished finished = dtrain(run + "--steps 10 --resume auto");
  expect_report(finished);
  EXPECT_THAT(finished.err, HasSubstr("waits for rank 2 on "));
  // Others may still be in the collective before it, which wants rank 2 to pass messages on.
  EXPECT_THAT(finished.err, HasSubstr("rank 0 waits in a broadcast, at the start"));
}

TEST_F(HangTest, UnderMpirunItself) {
  for (const char* fault :
       {"stall,rank=1,place=loader,step=5", "stop,rank=0,place=loader,step=5"}) {
    setenv("DTRAIN_TEST_FAULT", fault, 1);
    fs::remove_all(folder_ / "run");
    const std::string command =
        fmt::format("cd {} && exec mpirun -np 3 {} {} --epochs 100000 > out 2> err",
                    folder_.string(), DTRAIN_BINARY, tiny);
    const int status = std::system(command.c_str());
    const std::string err = read_text(folder_ / "err");
    expect_report({WIFEXITED(status) ? WEXITSTATUS(status) : -1, "", err});
  }
}

TEST_F(HangTest, NoAlarmInAHealthyCrowd) {
  ok("launch -np 8 -- " + tiny + "--hang-timeout 2 --epochs 500");
  EXPECT_FALSE(fs::exists(folder_ / "run" / "hang-report.txt"));
}

TEST_F(HangTest, ASlowRankIsAStraggler) {
  setenv("DTRAIN_TEST_FAULT", "delay=20,rank=2,place=backward", 1);
  const std::string options =
      "--model mlp64 --data synthetic:1x8x8:4:4000 --global-batch 64 "
      "--threads 1 --progress plain --output run --epochs 1";
  const std::string out = ok("launch -np 3 -- " + options);
  const auto summary = json_file("run/summary.json");
  const auto& straggler = summary["straggler"];
  EXPECT_EQ(straggler["rank"], 2);
  EXPECT_FALSE(straggler["host"].get<std::string>().empty());
  EXPECT_NEAR(straggler["seconds_lost"], 63 * 0.020, 0.5);
  EXPECT_GT(straggler["share"], 0.5);
  std::istringstream lines(read_text(folder_ / "run" / "metrics.jsonl"));
  int epochs = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto object = nlohmann::json::parse(line);
    if (object["event"] != "epoch") continue;
    ++epochs;
    EXPECT_EQ(object["straggler"]["rank"], 2);
    EXPECT_NEAR(object["straggler"]["seconds_lost"], 63 * 0.020, 0.5);
  }
  EXPECT_EQ(epochs, 1);
  EXPECT_THAT(out, HasSubstr("for rank 2 on "));
}

TEST_F(HangTest, TheProductHasNoFaults) {
  const std::string product = fs::path(DTRAIN_PRODUCT).string();
  EXPECT_EQ(read_text(product).find("DTRAIN_TEST_FAULT"), std::string::npos);
  EXPECT_NE(read_text(DTRAIN_BINARY).find("DTRAIN_TEST_FAULT"), std::string::npos);
}

}  // namespace
}  // namespace dtrain::test
