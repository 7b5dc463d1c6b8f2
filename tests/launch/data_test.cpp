// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain data: files made and inspected, and trained on.

#include <gmock/gmock.h>

#include "tests/launch/dtrain_process.hpp"

namespace dtrain::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class Data : public DtrainTest {};

TEST_F(Data, SyntheticDataIsWrittenInspectedAndTrainedOn) {
  EXPECT_THAT(ok("data synth 1x8x8:4:400 -o made.h5"),
              HasSubstr("made.h5: 400 training and 80 test samples of 1x8x8, 4 classes"));
  const auto info = json::parse(ok("data info made.h5 --check --json"));
  EXPECT_EQ(info["train_samples"], 400);
  EXPECT_EQ(info["test_samples"], 80);
  EXPECT_EQ(info["sample_shape"], json({1, 8, 8}));
  EXPECT_EQ(info["type"], "uint8");
  EXPECT_EQ(info["test_class_counts"], json({20, 20, 20, 20}));
  EXPECT_THAT(ok("data info made.h5"), HasSubstr("400 samples"));
  ok("--model mlp64 --data made.h5 --epochs 1 --threads 1 --output a --progress none");
  EXPECT_EQ(json_file("a/summary.json")["train_samples"], 400);
  EXPECT_EQ(json_file("a/summary.json")["dataset"], "synthetic:1x8x8:4:400");
}

TEST_F(Data, ImportsCsvAndHoldsOutATestSplit) {
  std::string rows;
  for (int i = 0; i < 50; ++i)
    rows += fmt::format("{},{},{},{},{}\n", i, 2 * i, 3 * i, 255 - i, i % 2);
  write_text(folder_ / "rows.csv", rows);
  const Finished refused = dtrain("data import csv rows.csv -o rows.h5");
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, HasSubstr("no test samples"));
  ok("data import csv rows.csv -o rows.h5 --test-fraction 0.2");
  const auto info = json::parse(ok("data info rows.h5 --json"));
  EXPECT_EQ(info["name"], "rows");
  EXPECT_EQ(info["train_samples"], 40);
  ok("data import csv rows.csv --test rows.csv --shape 4x1x1 --label-column 4 -o both.h5");
  EXPECT_EQ(json::parse(ok("data info both.h5 --json"))["sample_shape"], json({4, 1, 1}));
}

TEST_F(Data, RefusesWhatCannotBe) {
  for (const char* options :
       {"data", "data export", "data import", "data import csv", "data import tfrecord a -o b.h5",
        "data import csv a.csv --shape 3x -o b.h5", "data synth 3x3 -o b.h5", "data info",
        "data info digits --frob"}) {
    const Finished finished = dtrain(options);
    EXPECT_EQ(finished.code, 2) << options;
    EXPECT_EQ(count_of(finished.err, "\n"), 1u) << finished.err;
  }
  for (const char* options : {"data info absent.h5", "data import idx absent -o b.h5"})
    EXPECT_EQ(dtrain(options).code, 3) << options;
  EXPECT_EQ(dtrain("data synth 1x4x4:2:10 -o no/folder/b.h5").code, 1);
  EXPECT_FALSE(fs::exists(folder_ / "b.h5"));
}

TEST_F(Data, DamageIsFoundAndNamed) {
  ok("data synth 1x8x8:4:400 -o made.h5");
  std::string file = read_text(folder_ / "made.h5");
  file[file.size() / 2] = static_cast<char>(file[file.size() / 2] ^ 1);
  write_text(folder_ / "made.h5", file);
  for (const char* options :
       {"data info made.h5 --check", "--model mlp64 --data made.h5 --epochs 1 --output a"}) {
    const Finished finished = dtrain(options);
    EXPECT_EQ(finished.code, 3) << options;
    EXPECT_THAT(finished.err, HasSubstr("made.h5"));
  }
}

}  // namespace
}  // namespace dtrain::test
