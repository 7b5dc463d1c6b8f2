// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// The commands around training: eval, predict, verify, models, doctor, bench.

#include <gmock/gmock.h>

#include "tests/launch/dtrain_process.hpp"

namespace dtrain::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class Tools : public DtrainTest {
 protected:
  void train() {
    ok("--model mlp64 --epochs 3 --threads 1 --output run --progress none");
    checkpoint_ = latest("run").string();
  }
  std::string checkpoint_;
};

TEST_F(Tools, EvalAgreesWithTheRun) {
  train();
  const auto result = json::parse(ok(fmt::format("eval {} --data digits --json", checkpoint_)));
  const auto last = json_file("run/summary.json")["epochs"].back();
  EXPECT_DOUBLE_EQ(result["accuracy"], last["test_accuracy"]);
  EXPECT_NEAR(result["loss"], last["test_loss"], 1e-5);
  EXPECT_EQ(result["samples"], 1797);
  std::int64_t total = 0, right = 0;
  ASSERT_EQ(result["confusion"].size(), 10u);
  for (std::size_t row = 0; row < 10; ++row)
    for (std::size_t column = 0; column < 10; ++column) {
      const std::int64_t count = result["confusion"][row][column];
      total += count;
      if (row == column) right += count;
    }
  EXPECT_EQ(total, 1797);
  EXPECT_DOUBLE_EQ(static_cast<double>(right) / 1797, result["accuracy"]);

  const std::string text = ok(fmt::format("eval {}", checkpoint_));
  EXPECT_THAT(text, HasSubstr("taken for"));
  const Finished misfit = dtrain(fmt::format("eval {} --data synthetic:1x9x9:10:100", checkpoint_));
  EXPECT_EQ(misfit.code, 3);
  EXPECT_THAT(misfit.err, HasSubstr("1x9x9"));
}

TEST_F(Tools, EvalOpensTheDataOfTraining) {
  ok("--model mlp64 --data synthetic:1x8x8:4:200 --epochs 1 --threads 1 --output run "
     "--progress none");
  const auto result = json::parse(ok(fmt::format("eval {} --json", latest("run").string())));
  EXPECT_EQ(result["samples"], 40);
  EXPECT_EQ(result["dataset"], "synthetic:1x8x8:4:200");
  EXPECT_EQ(dtrain("--resume run --epochs 2 --data synthetic:1x8x8:4:201").code, 2);
}

TEST_F(Tools, EvalAsksForDataThatItDoesNotFind) {
  std::string csv = "label,a,b,c,d\n";
  for (int i = 0; i < 50; ++i) csv += fmt::format("{},{},{},7,0\n", i % 2, i, 2 * i);
  write_text(folder_ / "mine.csv", csv);
  ok("data import csv mine.csv --test-fraction 0.2 -o mine.h5");
  ok("--model mlp64 --data mine.h5 --epochs 1 --threads 1 --output run --progress none");
  fs::rename(folder_ / "mine.h5", folder_ / "moved.h5");
  const Finished lost = dtrain("eval run");
  EXPECT_EQ(lost.code, 3);
  EXPECT_THAT(lost.err, HasSubstr("--data"));
  EXPECT_EQ(json::parse(ok("eval run --data moved.h5 --json"))["samples"], 10);
}

TEST_F(Tools, EvalAndPredictKnowTheLossOfTraining) {
  ok("--model mlp64 --loss mse --epochs 2 --threads 1 --output run --progress none");
  const std::string checkpoint = latest("run").string();
  const double loss = json_file("run/summary.json")["epochs"].back()["test_loss"];
  EXPECT_NEAR(json::parse(ok(fmt::format("eval {} --json", checkpoint)))["loss"], loss, 1e-5);
  write_text(folder_ / "grey.pgm", "P5\n8 8\n255\n" + std::string(64, '\x40'));
  const std::string predict = fmt::format("predict {} --input grey.pgm", checkpoint);
  const auto result = json::parse(ok(predict + " --json"));
  EXPECT_EQ(result["outputs"].size(), 10u);
  EXPECT_FALSE(result.contains("probabilities"));
  EXPECT_EQ(count_of(ok(predict), "%"), 0u);
}

TEST_F(Tools, PredictReadsAnImageOfTheSize) {
  train();
  std::string image = "P5\n8 8\n255\n";
  image.append(64, '\x40');
  write_text(folder_ / "grey.pgm", image);
  const auto result =
      json::parse(ok(fmt::format("predict {} --input grey.pgm --json", checkpoint_)));
  double sum = 0, best = 0;
  for (const double probability : result["probabilities"])
    sum += probability, best = std::max(best, probability);
  EXPECT_EQ(result["probabilities"].size(), 10u);
  EXPECT_NEAR(sum, 1, 1e-5);
  EXPECT_DOUBLE_EQ(result["probabilities"][result["class"].get<std::string>()], best);

  write_text(folder_ / "small.pgm", "P5\n1 1\n255\nx");
  const Finished misfit = dtrain(fmt::format("predict {} --input small.pgm", checkpoint_));
  EXPECT_EQ(misfit.code, 3);
  EXPECT_THAT(misfit.err, HasSubstr("small.pgm"));
}

TEST_F(Tools, PredictTakesSeveralFilesAndFolders) {
  train();
  fs::create_directory(folder_ / "images");
  for (const char* file : {"images/b.pgm", "images/a.pgm", "c.pgm"})
    write_text(folder_ / file, "P5\n8 8\n255\n" + std::string(64, '\x40'));
  write_text(folder_ / "images/notes.txt", "no image");
  const std::string lines = ok("predict run --input c.pgm images --json");
  ASSERT_EQ(count_of(lines, "\n"), 3u);
  std::istringstream stream(lines);
  for (const char* file : {"c.pgm", "images/a.pgm", "images/b.pgm"}) {
    std::string line;
    std::getline(stream, line);
    EXPECT_EQ(json::parse(line)["file"], file);
    EXPECT_EQ(json::parse(line)["index"], 0);
  }
  EXPECT_THAT(ok("predict run --input c.pgm images"), HasSubstr("images/b.pgm"));
  fs::create_directory(folder_ / "empty");
  EXPECT_EQ(dtrain("predict run --input empty").code, 3);
}

TEST_F(Tools, ARunsFolderMeansItsNewestCheckpoint) {
  train();
  EXPECT_THAT(ok("verify run " + checkpoint_), HasSubstr("identical"));
  EXPECT_EQ(json::parse(ok("eval run --json"))["step"], 45);
  ok("--model mlp64 --steps 0 --threads 1 --output other --progress none --init run");
  EXPECT_EQ(weights_hash("other"), weights_hash("run"));
}

TEST_F(Tools, VerifyTellsSameFromDifferent) {
  train();
  ok("--model mlp64 --epochs 3 --threads 1 --output again --progress none");
  EXPECT_THAT(ok(fmt::format("verify {} {}", checkpoint_, latest("again").string())),
              HasSubstr("identical"));
  const Finished other = dtrain(fmt::format("verify {} run/checkpoint-0030.h5", checkpoint_));
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.out, HasSubstr("different: parameter fc1.weight"));
}

TEST_F(Tools, ModelsListsThemAndTheLayersOfOne) {
  const std::string list = ok("models");
  for (const char* name : {"mlp", "mlp64", "cnn", "cnn-small", "lenet", "resnet20"})
    EXPECT_THAT(list, HasSubstr(fmt::format("\n{} ", name)));
  EXPECT_THAT(ok("models lenet"), HasSubstr("62,006"));
  EXPECT_THAT(ok("models mlp64 --input 1x8x8 --classes 4"),
              HasSubstr("4,420"));  // 64*64+64 + 64*4+4
  EXPECT_EQ(dtrain("models mlp --input 8x8").code, 2);
  EXPECT_THAT(ok("models lenet"), HasSubstr("images from 16x16"));
  write_text(folder_ / "m.json", R"({"layers": [{"type": "linear", "units": "classes"}]})");
  EXPECT_THAT(ok("models m.json"), HasSubstr("training      defaults"));
  const Finished small = dtrain("--model lenet");
  EXPECT_EQ(small.code, 3);
  EXPECT_THAT(small.err, HasSubstr("images of at least 16x16, not 8x8"));
}

TEST_F(Tools, DoctorNamesWhatItLooksFor) {
  const std::string text = ok("doctor");
  for (const char* name : {"oneDNN", "HDF5", "MPI", "CUDA-aware", "processor", "cores",
                           "CUDA module", "cuDNN", "NCCL", "RAPL"})
    EXPECT_THAT(text, HasSubstr(name));
  EXPECT_THAT(text, HasSubstr("[X]"));
}

TEST_F(Tools, BenchStepReportsTheContractsMembers) {
  const auto result =
      json::parse(ok("bench step --model mlp64 --batch 32 --threads 1 --seconds 0.01 --json"));
  for (const char* member :
       {"model", "batch", "ranks", "threads", "device", "precision", "comm", "ms_per_step",
        "samples_per_second", "gflops", "peak_gflops", "fraction_of_peak"})
    EXPECT_TRUE(result.contains(member)) << member;
  EXPECT_GT(result["fraction_of_peak"], 0);
  EXPECT_LT(result["fraction_of_peak"], 1.1);
  EXPECT_NEAR(result["samples_per_second"].get<double>() * result["ms_per_step"].get<double>(),
              32e3, 1);
}

TEST_F(Tools, BenchStepTakesNamesThatAreNotUtf8) {
  write_text(folder_ / "latin1-\xe9.json",
             R"({"layers": [{"type": "linear", "units": "classes"}]})");
  const auto result = json::parse(
      ok("bench step --model latin1-\xe9.json --data digits --batch 8 --threads 1 --seconds 0.01 "
         "--json"));
  EXPECT_EQ(result["model"], "latin1-\uFFFD");
}

TEST_F(Tools, BenchKernelsAndInputGiveJson) {
  const std::string rows =
      ok("bench kernels --model lenet --batch 8 --threads 1 --seconds 0.0001 --json");
  EXPECT_GT(count_of(rows, "\n"), 15u);
  EXPECT_GT(json::parse(rows.substr(0, rows.find('\n')))["microseconds"], 0);
  EXPECT_GT(json::parse(ok("bench input --epochs 1 --json"))["samples_per_second"], 0);
}

}  // namespace
}  // namespace dtrain::test
