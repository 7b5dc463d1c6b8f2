// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// metrics.jsonl, epochs.csv, summary.json and environment.json.

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.hpp"
#include "train/json.hpp"
#include "train/metrics_writer.hpp"
#include "train/run_summary.hpp"

namespace dtrain::train {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream stream(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

constexpr std::int64_t samples = 1000;

StepRecord step_record(std::int64_t step, std::int64_t steps_per_epoch) {
  StepRecord record;
  record.step = step;
  record.epoch = (step - 1) / steps_per_epoch + 1;
  record.samples_in_epoch = samples;
  record.samples_done = ((step - 1) % steps_per_epoch + 1) * samples / steps_per_epoch;
  record.loss = 1.0 / static_cast<double>(step);
  record.accuracy = 0.5;
  record.learning_rate = 0.1f;
  record.samples_per_second = 1234;
  record.time.total_ms = 0.25;
  return record;
}

EpochRecord epoch_record(std::int64_t epoch, std::int64_t steps_per_epoch) {
  EpochRecord record;
  record.epoch = epoch;
  record.step = epoch * steps_per_epoch;
  record.train_loss = 1.0 / static_cast<double>(epoch);
  record.train_accuracy = 0.1;
  record.test_loss = 0.7;
  record.test_accuracy = 0.2;
  record.train_seconds = 3;
  record.eval_seconds = 1;
  record.samples_per_second = 333;
  return record;
}

void train(MetricsWriter& writer, std::int64_t first_step, std::int64_t last_step,
           std::int64_t steps_per_epoch) {
  for (std::int64_t step = first_step; step <= last_step; ++step) {
    writer.on_step(step_record(step, steps_per_epoch));
    if (step % steps_per_epoch == 0)
      writer.on_epoch(epoch_record(step / steps_per_epoch, steps_per_epoch));
  }
}

TEST(MetricsWriter, WritesALinePerSkippedStep) {
  const TemporaryFolder folder;
  MetricsWriter writer(folder.path(), std::nullopt);
  writer.on_skip({7, 2, "it is \"not\" finite"});
  const auto lines = lines_of(folder.path() / "metrics.jsonl");
  ASSERT_EQ(lines.size(), 1u);
  const Json skip = Json::parse(lines[0]);
  EXPECT_EQ(skip["event"], "skip");
  EXPECT_EQ(skip["step"], 7);
  EXPECT_EQ(skip["epoch"], 2);
  EXPECT_EQ(skip["reason"], "it is \"not\" finite");
}

TEST(MetricsWriter, WritesALinePerStepAndEpoch) {
  const TemporaryFolder folder;
  MetricsWriter writer(folder.path(), std::nullopt);
  train(writer, 1, 20, 10);
  const auto lines = lines_of(folder.path() / "metrics.jsonl");
  ASSERT_EQ(lines.size(), 22u);
  const Json first = Json::parse(lines[0]), epoch = Json::parse(lines[10]);
  EXPECT_EQ(first["event"], "step");
  EXPECT_EQ(first["step"], 1);
  EXPECT_EQ(first["loss"], 1.0);
  EXPECT_EQ(first["step_ms"], 0.25);
  EXPECT_EQ(epoch["event"], "epoch");
  EXPECT_EQ(epoch["epoch"], 1);
  EXPECT_EQ(epoch["test_accuracy"], 0.2);
  EXPECT_TRUE(epoch["energy_joules"].is_null());
  const auto rows = lines_of(folder.path() / "epochs.csv");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_TRUE(rows[0].starts_with("epoch,step,train_loss"));
  EXPECT_TRUE(rows[1].starts_with("1,10,1,0.1,,,0.7,0.2,")) << rows[1];
}

TEST(MetricsWriter, LogsAboutAHundredStepsAnEpoch) {
  const TemporaryFolder folder;
  MetricsWriter writer(folder.path(), std::nullopt);
  train(writer, 1, 1000, 1000);
  const auto lines = lines_of(folder.path() / "metrics.jsonl");
  EXPECT_LE(lines.size(), 103u);
  EXPECT_GE(lines.size(), 100u);
  EXPECT_EQ(Json::parse(lines[lines.size() - 2])["step"], 1000);
}

TEST(MetricsWriter, FloatTargetsHaveNoAccuracy) {
  const TemporaryFolder folder;
  {
    MetricsWriter writer(folder.path(), std::nullopt);
    StepRecord record = step_record(1, 10);
    record.accuracy.reset();
    writer.on_step(record);
  }
  EXPECT_TRUE(Json::parse(lines_of(folder.path() / "metrics.jsonl").at(0))["accuracy"].is_null());
}

TEST(MetricsWriter, AResumedRunIsCutBackToItsCheckpoint) {
  const TemporaryFolder folder, whole_folder;
  {
    MetricsWriter writer(folder.path(), std::nullopt);
    train(writer, 1, 33, 10);  // went on after the checkpoint at step 27, and then was killed
  }
  std::ofstream(folder.path() / "metrics.jsonl", std::ios::app) << "{\"event\":\"ste";
  Progress progress;
  progress.step = 27;
  progress.epoch = 2;
  {
    MetricsWriter writer(folder.path(), progress);
    EXPECT_EQ(writer.earlier_epochs().size(), 2u);
    EXPECT_EQ(writer.earlier_epochs()[1].train_loss, 0.5);
    EXPECT_FALSE(writer.earlier_epochs()[1].validation_loss);
    train(writer, 28, 40, 10);
  }
  MetricsWriter whole(whole_folder.path(), std::nullopt);
  train(whole, 1, 40, 10);
  EXPECT_EQ(lines_of(folder.path() / "metrics.jsonl"),
            lines_of(whole_folder.path() / "metrics.jsonl"));
  EXPECT_EQ(lines_of(folder.path() / "epochs.csv"), lines_of(whole_folder.path() / "epochs.csv"));
}

TEST(MetricsWriter, LinesThatItDidNotWriteAreDropped) {
  const TemporaryFolder folder;
  {
    MetricsWriter writer(folder.path(), std::nullopt);
    train(writer, 1, 10, 10);
  }
  const auto lines = lines_of(folder.path() / "metrics.jsonl");
  std::ofstream(folder.path() / "metrics.jsonl", std::ios::app)
      << "\n7\n{}\n\xff\n{\"event\":\"epoch\",\"epoch\":1}\n{\"event\":\"step\"}\n"
         "{\"event\":\"step\",\"step\":\"3\"}\n"
         "{\"event\":\"epoch\",\"epoch\":\"one\",\"step\":1e999}\n";
  Progress progress;
  progress.step = 10;
  progress.epoch = 1;
  const MetricsWriter writer(folder.path(), progress);
  EXPECT_EQ(writer.earlier_epochs().size(), 1u);
  EXPECT_EQ(lines_of(folder.path() / "metrics.jsonl"), lines);
}

RunSummary example_run() {
  RunSummary run;
  run.command = "dtrain --model cnn";
  run.world_size = 8;
  run.model = "cnn";
  run.flops_per_sample = 2000;
  run.dataset = "digits";
  run.seed = 0xFFFFFFFFFFFFFFFFu;
  run.earlier_epochs = {epoch_record(1, 10)};
  run.result.epochs = {epoch_record(2, 10)};
  run.result.test_accuracy = 0.2;
  run.result.samples_per_second = 1e6;
  run.result.step_time.median_ms = 1.5;
  run.result.step_time.phase_median_ms = {1, 2, 3, 4, 5};
  run.bytes_per_sample = 500;
  run.peak_gflops = 8;
  run.memory_gb_per_s = 3;
  run.result.ranks.resize(2);
  run.result.ranks[0].step_time.phase_median_ms = {0, 1, 2, 7, 0};
  run.result.ranks[1].step_time.phase_median_ms = {0, 4, 5, 1, 0};
  run.result.ranks[1].step_time.phase_p95_ms = {0, 4, 6, 1, 0};
  run.result.weights_hash = "0123";
  run.result.stop_reason = StopReason::target_reached;
  return run;
}

TEST(RunSummary, HasTheMembersOfTheContract) {
  const Json summary = Json::parse(to_json_text(example_run()));
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
  EXPECT_EQ(summary["schema"], 1);
  EXPECT_EQ(summary["seed"], 0xFFFFFFFFFFFFFFFFu);
  EXPECT_EQ(summary["stop_reason"], "target_reached");
  EXPECT_DOUBLE_EQ(summary["gflops"], 2.0);
  EXPECT_EQ(summary["step_milliseconds"], Json({{"median", 1.5},
                                                {"p95", 0.0},
                                                {"data", 1.0},
                                                {"forward", 2.0},
                                                {"backward", 3.0},
                                                {"comm_exposed", 4.0},
                                                {"optimizer", 5.0}}));
  EXPECT_DOUBLE_EQ(summary["fraction_of_peak"], 0.25);
  EXPECT_EQ(summary["roofline"], Json({{"flops_per_sample", 2000},
                                       {"bytes_per_sample", 500.0},
                                       {"intensity", 4.0},
                                       {"gflops", 2.0},
                                       {"peak_gflops", 8.0},
                                       {"memory_gb_per_s", 3.0}}));
  EXPECT_DOUBLE_EQ(summary["load_imbalance"], 0.5);  // 3 and 9 ms of work
  ASSERT_EQ(summary["ranks"].size(), 2u);
  EXPECT_EQ(summary["ranks"][1]["rank"], 1);
  EXPECT_EQ(summary["ranks"][1]["backward"], 5.0);
  EXPECT_EQ(summary["ranks"][1]["p95_by_phase"]["backward"], 6.0);
  ASSERT_EQ(summary["epochs"].size(), 2u);
  for (const char* member : {"epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy",
                             "train_seconds", "eval_seconds", "samples_per_second", "energy_joules",
                             "eval_energy_joules", "average_watts", "joules_per_sample"})
    EXPECT_TRUE(summary["epochs"][1].contains(member)) << member;
}

TEST(RunSummary, WhatIsNotMeasuredIsNull) {
  RunSummary run = example_run();
  Json summary = Json::parse(to_json_text(run));
  for (const char* member : {"joules", "net_joules", "idle_watts"})
    EXPECT_TRUE(summary["energy"][member].is_null()) << member;
  EXPECT_EQ(summary["energy"]["sources"], Json::array());
  EXPECT_EQ(summary["energy"]["estimated"], false);

  run.earlier_epochs.clear();
  run.result = {};
  run.bytes_per_sample = 0;
  summary = Json::parse(to_json_text(run));
  for (const char* member :
       {"test_accuracy", "samples_per_second", "gflops", "load_imbalance", "fraction_of_peak"})
    EXPECT_TRUE(summary[member].is_null()) << member;
  for (const char* member : {"bytes_per_sample", "intensity", "gflops"})
    EXPECT_TRUE(summary["roofline"][member].is_null()) << member;
}

TEST(RunSummary, AResumedRunWithNothingToDoReportsWhatWas) {
  RunSummary run = example_run();
  run.result = {};
  EXPECT_EQ(Json::parse(to_json_text(run))["test_accuracy"], 0.2);
}

TEST(EpochJson, ComesBackAsItWas) {
  EpochRecord record = epoch_record(3, 10);
  record.validation_accuracy = 1.0 / 3.0;
  record.validation_loss = 0.25;
  const EpochRecord again = epoch_from_json(to_json(record));
  EXPECT_EQ(to_json(again), to_json(record));
  EXPECT_EQ(again.validation_accuracy, record.validation_accuracy);
}

TEST(Environment, RecordsWhatCanChangeResultsAndNoSecrets) {
  setenv("OMP_NUM_THREADS", "1", 1);
  setenv("SLURM_JOB_ID", "42", 1);
  setenv("SLURM_JWT", "secret", 1);
  setenv("SOME_PASSWORD", "secret", 1);
  const std::string text = environment_json_text({{"dtrain", "0.1.0"}, {"git", "abc"}});
  const Json environment = Json::parse(text);
  EXPECT_EQ(environment["variables"]["OMP_NUM_THREADS"], "1");
  EXPECT_EQ(environment["slurm"]["SLURM_JOB_ID"], "42");
  EXPECT_EQ(environment["software"]["dtrain"], "0.1.0");
  EXPECT_FALSE(environment["host"].get<std::string>().empty());
  EXPECT_GE(environment["cores"], 1);
  EXPECT_TRUE(environment.contains("gpu"));
  EXPECT_EQ(text.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace dtrain::train
