// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain study, with mpirun played by a script that leaves what a run leaves.

#include <gmock/gmock.h>

#include <cmath>
#include <sstream>

#include "tests/launch/dtrain_process.hpp"

namespace dtrain::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Study : public DtrainTest {
 protected:
  Study() {
    fs::create_directory(folder_ / "bin");
    setenv("PATH", fmt::format("{}/bin:{}", folder_.string(), path_).c_str(), 1);
    unsetenv("SLURM_JOB_ID");
    play("mpirun", R"sh(
echo " $* " >> calls
[ "$(wc -l < calls)" = "$(cat fails-at 2>/dev/null)" ] && exit 5
ranks=$2
case " $* " in
*" bench step "*) echo '{"ms_per_step": 100, "samples_per_second": 2560}' ;;
*" bench allreduce "*)
  for kb in 1 4 16; do
    echo "{\"ranks\": $ranks, \"nodes\": 1, \"bytes\": ${kb}000, \"algorithm\": \"node\","\
      "\"median_us\": $((5 + kb))}"
  done ;;
*)
  while [ $# -gt 1 ]; do [ "$1" = --output ] && folder=$2; shift; done
  mkdir -p "$folder"
  sed "s/\"world_size\":1/\"world_size\":$ranks/" summary > "$folder/summary.json" ;;
esac
)sh");
    write_text(folder_ / "summary", summary(2000).dump());
  }
  ~Study() override { setenv("PATH", path_.c_str(), 1); }

  void play(const std::string& name, const std::string& script) const {
    write_text(folder_ / "bin" / name, "#!/bin/sh\n" + script);
    fs::permissions(folder_ / "bin" / name, fs::perms::owner_all);
  }
  /// Of a run by one rank.
  static json summary(double samples_per_second) {
    json run = json::parse(
        R"({"schema": 1, "stop_reason": "finished", "world_size": 1, "nodes": 1, "threads_per_rank": 1,
      "device": "cpu", "precision": "fp32", "model": "mlp64", "dataset": "digits", "global_batch": 256,
      "test_samples": 1797, "test_accuracy": 0.9, "gflops": 50, "fraction_of_peak": 0.25,
      "epochs": [{"train_seconds": 2, "energy_joules": 60, "joules_per_sample": 0.5}],
      "step_milliseconds": {"median": 10, "p95": 11, "data": 1, "forward": 3, "backward": 4,
                            "comm_exposed": 1.5, "optimizer": 0.5},
      "energy": {"joules": 70, "estimated": true}})");
    run["samples_per_second"] = samples_per_second;
    return run;
  }
  /// A finished run of a study, as if it had been there.
  void add_run(const std::string& name, int ranks, double samples_per_second,
               double accuracy) const {
    json run = summary(samples_per_second);
    run["world_size"] = ranks;
    run["test_accuracy"] = accuracy;
    fs::create_directories(folder_ / "study" / name);
    write_text(folder_ / "study" / name / "summary.json", run.dump());
    write_text(folder_ / "study" / name / "ideal.json", R"({"ms_per_step": 64})");
  }
  /// The folders of runs that mpirun was asked for, and which bench, in that order.
  std::vector<std::string> calls() const { return told_by(read_text(folder_ / "calls")); }
  static std::vector<std::string> told_by(const std::string& commands) {
    std::vector<std::string> told;
    std::istringstream lines(commands);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      for (std::string word, before; words >> word; before = word)
        if (before == "bench" || before == "--output") told.push_back(fs::path(word).filename());
    }
    return told;
  }

  const std::string path_ = std::getenv("PATH");
};

constexpr const char* small = "study strong --model mlp64 --ranks 2,1 --repeats 2 --output study";

TEST_F(Study, TakesRepeatsInTurnEachBesideItsIdeal) {
  ok(small);
  EXPECT_THAT(calls(), ElementsAre("mlp64-fp32-r1-t1-b256-1", "step", "mlp64-fp32-r2-t1-b256-1",
                                   "step", "allreduce", "mlp64-fp32-r1-t1-b256-2", "step",
                                   "mlp64-fp32-r2-t1-b256-2", "step", "allreduce"));
  const json study = json_file("study/study.json");
  EXPECT_EQ(study["kind"], "strong");
  EXPECT_EQ(study["runs"].size(), 4u);
  EXPECT_EQ(study["runs"][3]["repeat"], 2);
  EXPECT_EQ(study["allreduce"].size(), 6u);
  EXPECT_TRUE(fs::exists(folder_ / "study/report.md"));
}

TEST_F(Study, TheIdealIsTheSameStep) {
  write_text(folder_ / "wide.toml", "optimizer = \"lamb\"\nshards = 6\n");
  const std::string commands = ok(
      "study strong --model mlp64 --ranks 3 --global-batch 100 --threads 2 --repeats 1 --dry-run "
      "-- --config wide.toml");
  EXPECT_THAT(commands, HasSubstr("launch -np 3 -- --config wide.toml --model mlp64"));
  EXPECT_THAT(commands, HasSubstr("--global-batch 100 --epochs 1"));
  EXPECT_THAT(commands, HasSubstr("launch -np 3 -- bench step --model mlp64 --data digits"));
  EXPECT_THAT(commands,
              HasSubstr("--threads 2 --comm none --batch 102 --shards 2 --optimizer lamb"));
}

TEST_F(Study, ADryRunStartsNothing) {
  const std::string commands = ok(fmt::format("{} --dry-run", small));
  EXPECT_EQ(told_by(commands).size(), 10u);
  EXPECT_FALSE(fs::exists(folder_ / "calls"));
  EXPECT_FALSE(fs::exists(folder_ / "study"));
}

TEST_F(Study, WeakScalingKeepsTheBatchOfARank) {
  const std::string commands =
      ok("study weak --model mlp64 --ranks 1,4 --batch-per-rank 32 --repeats 1 --dry-run");
  EXPECT_THAT(commands, HasSubstr("--global-batch 32 "));
  EXPECT_THAT(commands, HasSubstr("--global-batch 128 "));
}

TEST_F(Study, GoesOnWhereItWasCutOff) {
  write_text(folder_ / "fails-at", "6");
  const Finished cut = dtrain(small);
  EXPECT_EQ(cut.code, 5);
  EXPECT_THAT(cut.err, HasSubstr("the same command goes on"));
  EXPECT_FALSE(fs::exists(folder_ / "study/study.json"));
  // A run that was cut off itself, as by a power failure, is run anew.
  fs::create_directories(folder_ / "study/mlp64-fp32-r1-t1-b256-2");
  write_text(folder_ / "study/mlp64-fp32-r1-t1-b256-2/config.toml", "");
  fs::remove(folder_ / "fails-at");
  fs::remove(folder_ / "calls");
  ok(small);
  EXPECT_THAT(calls(), ElementsAre("mlp64-fp32-r1-t1-b256-2", "step", "mlp64-fp32-r2-t1-b256-2",
                                   "step", "allreduce"));
  EXPECT_FALSE(fs::exists(folder_ / "study/mlp64-fp32-r1-t1-b256-2/config.toml"));
  fs::remove(folder_ / "calls");
  ok(small);  // writes the report anew
  EXPECT_FALSE(fs::exists(folder_ / "calls"));
}

TEST_F(Study, StopsOnRequest) {
  play("mpirun", "trap 'exit 75' USR1\n: > ready\nwhile :; do sleep 0.02; done\n");
  const Process study(folder_, small);
  ASSERT_TRUE(soon([&] { return fs::exists(folder_ / "ready"); }));
  study.send(SIGINT);
  const Finished finished = study.wait();
  EXPECT_EQ(finished.code, 75);
  EXPECT_THAT(finished.err, HasSubstr("the same command goes on"));
}

TEST_F(Study, TakesMoreRepeatsIntoItsFolder) {
  ok("study strong --model mlp64 --ranks 1 --repeats 1 --output study");
  ok(small);
  EXPECT_EQ(json_file("study/study.json")["runs"].size(), 4u);
}

TEST_F(Study, RefusesAnotherStudysFolder) {
  ok(small);
  for (const char* other : {"study weak --output study", "study strong --epochs 2 --output study",
                            "study strong --data fashion-mnist --output study",
                            "study strong --output study -- --lr 0.1"}) {
    const Finished refused = dtrain(other);
    EXPECT_EQ(refused.code, 2) << other;
    EXPECT_THAT(refused.err, HasSubstr("--output"));
  }
  write_text(folder_ / "bin/letter", "");
  EXPECT_EQ(dtrain("study strong --output bin").code, 2);
  EXPECT_TRUE(fs::exists(folder_ / "bin/letter"));
}

TEST_F(Study, RefusesWhatCannotRun) {
  for (const char* bad :
       {"study", "study stronk", "study strong --ranks 0", "study strong --ranks 1,,2",
        "study strong --ranks 512", "study strong --model mlp,mlp", "study strong --comm none",
        "study strong --batch-per-rank 3", "study weak --global-batch 3",
        "study strong -- --epochs 3", "study strong -- --epoch 3", "study strong -- --dry-run",
        "study strong --part 1:1", "study strong --part 3:1 --ranks 1 --output s",
        "study strong --launcher sbatch", "study strong --launcher srun --ranks 1 --output s"}) {
    const Finished refused = dtrain(bad);
    EXPECT_EQ(refused.code, 2) << bad;
    EXPECT_EQ(count_of(refused.err, "error:"), 1u) << bad << refused.err;
  }
  EXPECT_FALSE(fs::exists(folder_ / "calls"));
}

TEST_F(Study, FiguresOfRunsThatAreThere) {
  const char* strong =
      R"({"schema":1,"kind":"strong","data":"digits","epochs":1,"train_options":[]})";
  fs::create_directory(folder_ / "study");
  write_text(folder_ / "study/plan.json", strong);
  add_run("mlp64-fp32-r1-t1-b256-1", 1, 1000, 0.90);
  add_run("mlp64-fp32-r1-t1-b256-2", 1, 1200, 0.90);
  add_run("mlp64-fp32-r2-t1-b256-1", 2, 1900, 0.91);
  add_run("mlp64-fp32-r2-t1-b256-2", 2, 1940, 0.91);
  add_run("mlp64-fp32-r4-t1-b256-1", 4, 3300, 0.80);
  const std::string text = ok("study strong --collect --output study");
  EXPECT_FALSE(fs::exists(folder_ / "calls"));
  EXPECT_THAT(text, HasSubstr("4 ranks have learned something else than 1: 80.00 % test accuracy"));
  EXPECT_THAT(text, Not(HasSubstr("2 ranks have learned")));

  const json points = json_file("study/study.json")["points"];
  ASSERT_EQ(points.size(), 3u);
  const json &one = points[0], &two = points[1], &four = points[2];
  EXPECT_EQ(one["samples_per_second"]["median"], 1100);
  // t = 12.7062 times s / sqrt(2), where s is 100 sqrt(2) and 20 sqrt(2).
  EXPECT_NEAR(one["samples_per_second"]["half_width_95"].get<double>(), 1270.62, 0.01);
  EXPECT_NEAR(two["samples_per_second"]["half_width_95"].get<double>(), 254.124, 0.001);
  EXPECT_NEAR(two["speedup"].get<double>(), 1920. / 1100, 1e-12);
  EXPECT_NEAR(two["speedup_half_width_95"].get<double>(),
              1920. / 1100 * std::hypot(1270.62 / 1100, 254.124 / 1920), 1e-4);
  EXPECT_NEAR(two["efficiency"].get<double>(), 960. / 1100, 1e-12);
  EXPECT_TRUE(four["speedup_half_width_95"].is_null());  // one run
  EXPECT_TRUE(one["karp_flatt"].is_null());
  EXPECT_NEAR(four["karp_flatt"].get<double>(), (1 / 3. - 1 / 4.) / (1 - 1 / 4.), 1e-12);
  // 256 samples in 64 ms
  EXPECT_EQ(four["ideal_samples_per_second"]["median"], 4000);
  EXPECT_EQ(four["fraction_of_ideal"]["median"], 0.825);
  EXPECT_EQ(four["exposed_communication"]["median"], 0.15);
  EXPECT_EQ(four["joules_per_epoch"]["median"], 60);
  EXPECT_TRUE(four["energy_is_estimated"]);
  EXPECT_TRUE(four["accuracy_differs"]);
  EXPECT_FALSE(two["accuracy_differs"]);
  EXPECT_EQ(count_of(read_text(folder_ / "study/study.csv"), "\n"), 4u);
}

TEST_F(Study, FitsLatencyAndBandwidth) {
  ok(small);  // 5 us + 1 us per 1000 bytes
  const json fit = json_file("study/study.json")["fits"]["allreduce"][0];
  EXPECT_EQ(fit["algorithm"], "node");
  EXPECT_EQ(fit["ranks"], 2);
  EXPECT_NEAR(fit["latency_seconds"].get<double>(), 5e-6, 1e-10);
  EXPECT_NEAR(fit["seconds_per_byte"].get<double>(), 1e-9, 1e-13);
}

TEST_F(Study, DevicesMeasuresThoseThatAreHere) {
  if (fs::exists("/dev/nvidiactl")) GTEST_SKIP() << "there is a GPU";
  const Finished finished = dtrain("study devices --model mlp64 --repeats 1 --output study");
  EXPECT_EQ(finished.code, 0);
  EXPECT_EQ(count_of(finished.err, "the CPU alone is measured"), 1u);
  EXPECT_THAT(calls(), ElementsAre("mlp64-cpu-fp32-r1-b256-1", "step"));
  EXPECT_THAT(finished.out, HasSubstr("GFLOP/s"));
  EXPECT_EQ(dtrain("study devices --device cpu,cuda --output other").code, 1);
}

TEST_F(Study, SubmitsAnArrayForEachNumberOfRanksAndAReportBehindThem) {
  play("sbatch", "echo \"$*\" >> submitted\necho $((10 + $(wc -l < submitted)))\n");
  const std::string words =
      "study strong --model mlp64 --ranks 2,8 --ranks-per-node 4 --threads 3 --launcher sbatch "
      "--output study -- --lr 0.1";
  EXPECT_THAT(ok(fmt::format("{} --dry-run", words.substr(0, words.find(" -- ")))),
              HasSubstr("runs) study --launcher srun --part \"$2:$SLURM_ARRAY_TASK_ID\""));
  EXPECT_FALSE(fs::exists(folder_ / "study"));
  EXPECT_THAT(ok(words), HasSubstr("submitted 11 12, and 13 that writes the report"));
  const std::string submitted = read_text(folder_ / "submitted");
  EXPECT_THAT(submitted, HasSubstr("--ntasks=2 --nodes=1 --ntasks-per-node=2 --cpus-per-task=3 "
                                   "--array=1-3"));
  EXPECT_THAT(submitted, HasSubstr("--ntasks=8 --nodes=2 --ntasks-per-node=4"));
  EXPECT_THAT(submitted, HasSubstr("--dependency=afterany:11:12"));
  // What a task of an array does.
  const std::string part =
      ok("study strong --model mlp64 --ranks 2,8 --output study --part 8:2 "
         "-- --lr 0.1");
  EXPECT_THAT(calls(), ElementsAre("mlp64-fp32-r8-t1-b256-2", "step", "allreduce"));
  EXPECT_FALSE(fs::exists(folder_ / "study/study.json"));
}

}  // namespace
}  // namespace dtrain::test
