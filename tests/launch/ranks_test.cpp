// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain launch: several ranks, and how their jobs end.

#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include "tests/launch/dtrain_process.hpp"

namespace dtrain::test {
namespace {

using testing::HasSubstr;

/// Runs for some seconds unless it is stopped: 63 steps an epoch.
const std::string tiny =
    "--model mlp64 --data synthetic:1x8x8:4:4000 --global-batch 64 --progress none ";

class Ranks : public DtrainTest {
 protected:
  void wait_for_steps(const std::string& run) {
    EXPECT_TRUE(soon([&] { return fs::exists(folder_ / run / "latest"); }))
        << "no checkpoint appeared";
  }
};

/// Process ids of a process's children.
std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    if (std::atoi(entry.path().filename().c_str()) == 0) continue;
    std::ifstream stat(entry.path() / "stat");
    std::string text((std::istreambuf_iterator<char>(stat)), {});
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string::npos) continue;
    if (std::atoi(text.c_str() + name_end + 4) == parent) found.push_back(std::atoi(text.c_str()));
  }
  return found;
}

TEST_F(Ranks, TrainTogether) {
  ok("launch -np 2 -- " + tiny + "--epochs 2 --output two");
  const auto summary = json_file("two/summary.json");
  EXPECT_EQ(summary["world_size"], 2);
  EXPECT_THAT(summary["comm"].get<std::string>(), testing::AnyOf("node", "mpi"));  // measured
  EXPECT_GT(summary["mpi_init_seconds"], 0);
  // The number of ranks changes the order of sums, nothing else.
  ok(tiny + "--epochs 2 --output one");
  EXPECT_NEAR(summary["epochs"][1]["train_loss"],
              json_file("one/summary.json")["epochs"][1]["train_loss"], 1e-4);
}

TEST_F(Ranks, TrainInAFolderThatTheRootNames) {
  ok("launch -np 2 -- " + tiny + "--epochs 1");
  const std::vector<fs::path> runs(fs::directory_iterator(folder_ / "runs"), {});
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(json_file(runs[0] / "summary.json")["world_size"], 2);
}

TEST_F(Ranks, StopOnRequestAndGoOnToTheSameWeights) {
  const std::string run = "launch -np 2 -- " + tiny + "--epochs 12 --output ";
  ok(run + "whole");
  Process job(folder_, run + "part");
  wait_for_steps("part");
  job.send(SIGTERM);
  const Finished stopped = job.wait();
  if (stopped.code == 0) GTEST_SKIP() << "the run was over before the signal reached it";
  EXPECT_EQ(stopped.code, 75) << stopped.err;
  EXPECT_EQ(json_file("part/summary.json")["stop_reason"], "stopped");
  ok(run + "part --resume auto");
  EXPECT_EQ(weights_hash("part"), weights_hash("whole"));
}

TEST_F(Ranks, AKilledRankIsTheCodeForLostRanks) {
  Process job(folder_, "launch -np 2 -- " + tiny + "--epochs 100000 --output run");
  wait_for_steps("run");
  const auto mpirun = children_of(job.pid());
  ASSERT_EQ(mpirun.size(), 1u);
  const auto ranks = children_of(mpirun[0]);
  ASSERT_EQ(ranks.size(), 2u);
  kill(ranks[1], SIGKILL);
  const Finished finished = job.wait();
  EXPECT_EQ(finished.code, 4) << finished.err;
  EXPECT_EQ(count_of(finished.err, "dtrain: error: "), 1u) << finished.err;
  EXPECT_TRUE(soon([&] { return kill(ranks[0], 0) != 0; })) << "a rank is left behind";
}

TEST_F(Ranks, AnErrorIsToldOnce) {
  for (const char* options : {"--data missing.h5", "--global-batch 2", "--output /dev/null/run"}) {
    const Finished finished = dtrain(fmt::format("launch -np 3 -- {}", options));
    EXPECT_NE(finished.code, 0);
    EXPECT_EQ(count_of(finished.err, "dtrain: "), 1u) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr("dtrain: error: "));
  }
}

TEST_F(Ranks, GetAShardEach) {
  const Finished finished = dtrain(
      "launch -np 2 -- --model resnet20 --data synthetic:1x8x8:4:64 --global-batch 16 --steps 1 "
      "--shards 1 --output run");
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_EQ(count_of(finished.err, "--shards raised from 1 to 2"), 1u) << finished.err;
  EXPECT_EQ(json_file("run/summary.json")["shards"], 2);
}

TEST_F(Ranks, LeaveTheWorkOfOneToTheRoot) {
  ok("--model mlp64 --epochs 1 --output run --progress none");
  write_text(folder_ / "grey.pgm", "P5\n8 8\n255\n" + std::string(64, '\x40'));
  for (const std::string& command :
       {fmt::format("predict {} --input grey.pgm --json", latest("run").string()),
        std::string("bench input --epochs 1 --json")})
    EXPECT_EQ(count_of(ok("launch -np 2 -- " + command), "\n"), 1u) << command;
}

TEST_F(Ranks, EvaluateTheSameAtAnyNumber) {
  ok("--model mlp64 --epochs 1 --output run --progress none");
  const std::string eval = fmt::format("eval {} --json", latest("run").string());
  const auto one = nlohmann::json::parse(ok(eval));
  const auto three = nlohmann::json::parse(ok("launch -np 3 -- " + eval));
  EXPECT_EQ(one["confusion"], three["confusion"]);
  EXPECT_NEAR(one["loss"], three["loss"], 1e-6);
}

TEST_F(Ranks, BenchAllreduceSetsEveryAlgorithmBesideMpi) {
  const std::string bench = "bench allreduce --min-bytes 1024 --max-bytes 5000 --seconds 0.01";
  std::istringstream lines(ok("launch -np 3 -- " + bench + " --json"));
  std::multiset<std::string> seen;
  for (std::string line; std::getline(lines, line);) {
    const auto row = nlohmann::json::parse(line);
    seen.insert(fmt::format("{} {}", row["algorithm"].get<std::string>(), row["bytes"].dump()));
    EXPECT_EQ(row["ranks"], 3);
    EXPECT_EQ(row["nodes"], 1);
    const double microseconds = row["median_us"], bytes = row["bytes"];
    EXPECT_GT(microseconds, 0);
    EXPECT_NEAR(row["bus_gb_per_s"], 1e-3 * 4 / 3 * bytes / microseconds, 1e-6);
    EXPECT_GT(row["fraction_of_memory"], 0);
    if (row["algorithm"] == "mpi")
      EXPECT_EQ(row["mpi_ratio"], 1.0);
    else
      EXPECT_GT(row["mpi_ratio"], 0);
  }
  std::multiset<std::string> expected;
  for (const char* algorithm : {"mpi", "node", "ring", "recursive-doubling", "rabenseifner"})
    for (const char* bytes : {"1024", "4096"})
      expected.insert(fmt::format("{} {}", algorithm, bytes));
  EXPECT_EQ(seen, expected);

  EXPECT_THAT(ok("launch -np 2 -- " + bench), HasSubstr("recursive-doubling"));
  const Finished alone = dtrain(bench);
  EXPECT_EQ(alone.code, 2);
  EXPECT_THAT(alone.err, HasSubstr("launch -np 2"));
}

}  // namespace
}  // namespace dtrain::test
