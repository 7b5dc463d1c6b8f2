// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Training runs of one rank, end to end.

#include <gmock/gmock.h>

#include "tests/launch/dtrain_process.hpp"

namespace dtrain::test {
namespace {

using testing::HasSubstr;

/// 16 steps of a few microseconds an epoch.
const std::string tiny =
    "--model mlp64 --data synthetic:1x8x8:4:1000 --global-batch 64 --threads 1 ";

class Run : public DtrainTest {};

TEST_F(Run, LeavesTheFilesAndSummaryOfTheContract) {
  const std::string text = ok(tiny + "--epochs 3 --output a");
  EXPECT_THAT(text, HasSubstr("mlp64"));
  EXPECT_THAT(text, HasSubstr("3/3"));
  EXPECT_THAT(text, HasSubstr("a/"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << "a bar without a terminal";
  for (const char* file : {"config.toml", "environment.json", "metrics.jsonl", "epochs.csv",
                           "tensorboard", "latest", "summary.json"})
    EXPECT_TRUE(fs::exists(folder_ / "a" / file)) << file;
  EXPECT_TRUE(fs::exists(folder_ / latest("a")));

  const auto summary = json_file("a/summary.json");
  for (const char* member : {"schema",
                             "command",
                             "world_size",
                             "nodes",
                             "threads_per_rank",
                             "device",
                             "device_name",
                             "precision",
                             "comm",
                             "model",
                             "parameters",
                             "flops_per_sample",
                             "dataset",
                             "train_samples",
                             "test_samples",
                             "global_batch",
                             "shards",
                             "seed",
                             "reproducible",
                             "epochs",
                             "test_accuracy",
                             "samples_per_second",
                             "step_milliseconds",
                             "gflops",
                             "energy",
                             "peak_rss_bytes",
                             "startup_seconds",
                             "mpi_init_seconds",
                             "weights_hash",
                             "stop_reason"})
    EXPECT_TRUE(summary.contains(member)) << member;
  for (const char* member :
       {"median", "p95", "data", "forward", "backward", "comm_exposed", "optimizer"})
    EXPECT_TRUE(summary["step_milliseconds"].contains(member)) << member;
  for (const char* member : {"joules", "net_joules", "idle_watts", "sources", "estimated"})
    EXPECT_TRUE(summary["energy"].contains(member)) << member;
  ASSERT_EQ(summary["epochs"].size(), 3u);
  for (const char* member : {"epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy",
                             "train_seconds", "eval_seconds", "samples_per_second", "energy_joules",
                             "eval_energy_joules", "average_watts", "joules_per_sample"})
    EXPECT_TRUE(summary["epochs"][0].contains(member)) << member;
  EXPECT_EQ(summary["schema"], 1);
  EXPECT_EQ(summary["world_size"], 1);
  EXPECT_EQ(summary["comm"], "self");
  EXPECT_EQ(summary["train_samples"], 1000);
  EXPECT_EQ(summary["test_samples"], 200);
  EXPECT_EQ(summary["energy"]["joules"].is_null(), summary["energy"]["sources"].empty());
  EXPECT_GT(summary["startup_seconds"], 0);
  EXPECT_EQ(summary["mpi_init_seconds"], 0);
  EXPECT_EQ(summary["weights_hash"].get<std::string>().size(), 32u);
  EXPECT_LT(summary["epochs"][2]["train_loss"], summary["epochs"][0]["train_loss"]);
}

TEST_F(Run, ItsConfigFileRepeatsIt) {
  ok(tiny + "--epochs 2 --seed 3 --lr 0.0123 --output a --progress none");
  ok("--config a/config.toml --threads 1 --output b --progress none");
  EXPECT_EQ(weights_hash("a"), weights_hash("b"));
  ok(tiny + "--epochs 2 --seed 4 --lr 0.0123 --output c --progress none");
  EXPECT_NE(weights_hash("a"), weights_hash("c"));
}

TEST_F(Run, GoesOnFromAnyFolder) {
  write_text(folder_ / "m.json", R"({"layers": [{"type": "linear", "units": "classes"}]})");
  ok("data synth 1x4x4:2:50 -o d.h5");
  ok("--model m.json --data d.h5 --epochs 1 --threads 1 --output a --progress none");
  fs::create_directory(folder_ / "elsewhere");
  const Finished resumed =
      Process(folder_ / "elsewhere", "--resume ../a --epochs 2 --progress none").wait();
  EXPECT_EQ(resumed.code, 0) << resumed.err;
}

TEST_F(Run, ResumesToTheSameWeights) {
  ok(tiny + "--epochs 4 --output whole --progress none");
  // The schedule needs the same length: stop early by hand, as a kill would, with the files of epoch 2.
  ok(tiny + "--epochs 4 --output part --progress none --checkpoint-keep 9");
  for (const int step : {48, 64})
    fs::remove(folder_ / "part" / fmt::format("checkpoint-{:04}.h5", step));
  const Finished resumed =
      dtrain("--resume part --progress none");  // settings from its config.toml
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(resumed.err, "dtrain: note: resuming from part/checkpoint-0032.h5\n");
  EXPECT_EQ(resumed.out, "");
  EXPECT_EQ(weights_hash("part"), weights_hash("whole"));
  EXPECT_EQ(json_file("part/summary.json")["epochs"].size(), 4u);
  EXPECT_EQ(count_of(read_text(folder_ / "part/epochs.csv"), "\n"), 5u);
}

TEST_F(Run, PassesOverADamagedCheckpoint) {
  ok(tiny + "--epochs 3 --output a --progress none --checkpoint-keep 9");
  const std::string hash = weights_hash("a");
  std::string bytes = read_text(folder_ / "a/checkpoint-0048.h5");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write_text(folder_ / "a/checkpoint-0048.h5", bytes);
  // Named explicitly it is an error.
  const Finished named = dtrain("--resume a/checkpoint-0048.h5");
  EXPECT_EQ(named.code, 3);
  EXPECT_THAT(named.err, HasSubstr("checkpoint-0048.h5"));
  const Finished resumed = dtrain(tiny + "--epochs 3 --output a --resume auto --progress none");
  EXPECT_THAT(resumed.err, HasSubstr("checkpoint-0048.h5"));
  EXPECT_THAT(resumed.err, HasSubstr("resuming from a/checkpoint-0032.h5"));
  EXPECT_EQ(weights_hash("a"), hash);
}

TEST_F(Run, ResumeAutoStartsFreshWhereThereIsNothing) {
  EXPECT_THAT(dtrain(tiny + "--epochs 1 --output a --resume auto").err,
              HasSubstr("starting fresh"));
  const Finished finished = dtrain(tiny + "--epochs 1 --output a");
  EXPECT_EQ(finished.code, 2);
  EXPECT_THAT(finished.err, HasSubstr("already holds a run"));
}

TEST_F(Run, RefusesToResumeAnotherRun) {
  ok(tiny + "--epochs 1 --output a --progress none");
  for (const char* change : {"--seed 2", "--global-batch 32", "--model mlp"}) {
    const Finished finished = dtrain(fmt::format("--resume a {}", change));
    EXPECT_EQ(finished.code, 2) << change << "\n" << finished.err;
  }
}

TEST_F(Run, LeavesAFinishedRunAlone) {
  ok(tiny + "--epochs 2 --output a --progress none");
  const std::string summary = read_text(folder_ / "a/summary.json");
  const Finished again = dtrain("--resume a");
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.out, "");
  EXPECT_THAT(again.err, HasSubstr("already finished at step 32 (epoch 2)"));
  EXPECT_EQ(read_text(folder_ / "a/summary.json"), summary);

  const std::string epochs = read_text(folder_ / "a/epochs.csv");
  const Finished fewer = dtrain("--resume a --epochs 1");
  EXPECT_EQ(fewer.code, 2);
  EXPECT_THAT(fewer.err, HasSubstr("already at step 32 (epoch 2)"));
  EXPECT_EQ(read_text(folder_ / "a/epochs.csv"), epochs);
}

TEST_F(Run, TellsHowToGoOnWhenItIsStopped) {
  const Process job(folder_, tiny + "--epochs 100000 --output a --progress none");
  ASSERT_TRUE(soon([&] { return fs::exists(folder_ / "a/latest"); }));
  job.send(SIGTERM);
  const Finished stopped = job.wait();
  EXPECT_EQ(stopped.code, 75) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("go on with: dtrain --resume a\n"));
}

TEST_F(Run, GoesOnWhenNobodyListens) {
  dtrain(tiny + "--epochs 9 --output a --progress plain | true");
  EXPECT_EQ(json_file("a/summary.json").at("stop_reason"), "finished");
}

TEST_F(Run, TellsWhatItDoesOtherwiseThanBefore) {
  ok(tiny + "--steps 8 --lr 0.1 --schedule cosine --output a --progress none");
  const Finished same = dtrain("--resume a --steps 16");
  EXPECT_EQ(count_of(same.err, "note: "), 1u) << same.err;
  const Finished changed = dtrain("--resume a --steps 24 --lr 0.2 --schedule constant --loss mse");
  EXPECT_EQ(changed.code, 0);
  EXPECT_THAT(changed.err, HasSubstr("--lr was 0.1 before and is 0.2 from here on"));
  EXPECT_THAT(changed.err, HasSubstr("--schedule was cosine before and is constant from here on"));
  EXPECT_THAT(changed.err, HasSubstr("--loss was cross-entropy before and is mse from here on"));
  EXPECT_EQ(count_of(changed.err, "note: "), 4u) << changed.err;
}

TEST_F(Run, ZeroStepsWriteTheInitialCheckpoint) {
  ok(tiny + "--steps 0 --output a --progress none");
  EXPECT_EQ(latest("a"), "a/checkpoint-0000.h5");
  ok(tiny + "--steps 0 --output b --progress none --init a/checkpoint-0000.h5 --seed 9");
  EXPECT_EQ(weights_hash("a"), weights_hash("b"));
}

TEST_F(Run, TakesNamesThatAreNotUtf8) {
  const std::string name = "latin1-\xe9";
  const std::string text = ok(tiny + fmt::format("--epochs 1 --output {}", name));
  EXPECT_THAT(text, HasSubstr(name));
  EXPECT_THAT(json_file(name + "/summary.json")["command"], HasSubstr("latin1-\uFFFD"));
  fs::rename(folder_ / latest(name), folder_ / (name + ".h5"));
  EXPECT_THAT(ok(fmt::format("eval {}.h5 --json", name)), HasSubstr("latin1-\uFFFD"));
  // A dataset file gives its name as it was imported.
  ok(fmt::format("data synth 1x4x4:2:10 -o {}.data.h5", name));
  const auto info = nlohmann::json::parse(ok(fmt::format("data info {}.data.h5 --json", name)));
  EXPECT_EQ(info["train_samples"], 10);
}

TEST_F(Run, StopsAtTheTargetAccuracy) {
  ok(tiny + "--epochs 200 --target-accuracy 0.5 --output a --progress none");
  const auto summary = json_file("a/summary.json");
  EXPECT_LT(summary["epochs"].size(), 200u);
  EXPECT_GE(summary["test_accuracy"], 0.5);
}

TEST_F(Run, ReportsDivergence) {
  const Finished finished = dtrain(tiny + "--optimizer sgd --lr 1e30 --output a --progress none");
  EXPECT_EQ(finished.code, 5);
  EXPECT_THAT(finished.err, HasSubstr("--lr"));
}

TEST_F(Run, RaisesNothingAndMentionsShardsForBatchNorm) {
  ok("--model resnet20 --data synthetic:1x8x8:4:64 --global-batch 16 --steps 2 --threads 1 "
     "--output a "
     "--progress none");
  EXPECT_EQ(json_file("a/summary.json")["shards"], 8);
}

TEST_F(Run, DefaultFolderIsNamedAfterModelAndData) {
  const Finished finished = dtrain(tiny + "--epochs 1 --progress none");
  ASSERT_TRUE(fs::exists(folder_ / "runs"));
  const auto run = fs::directory_iterator(folder_ / "runs")->path().filename().string();
  EXPECT_TRUE(run.starts_with("mlp64-synthetic")) << run;
  EXPECT_EQ(finished.err, fmt::format("dtrain: note: the run's files are in runs/{}/\n", run));
}

}  // namespace
}  // namespace dtrain::test
