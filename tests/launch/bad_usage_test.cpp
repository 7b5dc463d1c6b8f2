// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Every kind of bad input: the contract's exit code, one message that names what is wrong, and no files.

#include "tests/launch/dtrain_process.hpp"

namespace dtrain::test {
namespace {

class BadUsage : public DtrainTest {
 protected:
  void expect(const std::string& options, int code, const std::string& named) {
    const Finished finished = dtrain(options);
    EXPECT_EQ(finished.code, code) << options << "\n" << finished.err;
    EXPECT_NE(finished.err.find(named), std::string::npos) << options << "\n" << finished.err;
    EXPECT_EQ(count_of(finished.err, "dtrain: error: "), 1u) << finished.err;
    EXPECT_EQ(finished.out, "") << options;
    EXPECT_FALSE(fs::exists(folder_ / "runs")) << options;
  }
};

TEST_F(BadUsage, NumbersOutOfRange) {
  for (const char* option : {"--lr", "--bucket-mb"})
    for (const char* value : {"0", "-1", "nan", "inf", "1e99", "1e-60", "x", "''", "1x"})
      expect(fmt::format("{} {}", option, value), 2, option);
  for (const char* option : {"--epochs", "--global-batch", "--batch-per-rank", "--threads",
                             "--shards", "--checkpoint-keep"})
    for (const char* value : {"0", "-1", "1.5", "1e3", "99999999999999999999"})
      expect(fmt::format("{} {}", option, value), 2, option);
  for (const char* option : {"--steps", "--micro-batch", "--seed", "--checkpoint-every",
                             "--checkpoint-every-steps", "--check-replicas"})
    for (const char* value : {"-1", "nan"}) expect(fmt::format("{} {}", option, value), 2, option);
  for (const char* option : {"--momentum", "--validation", "--label-smoothing"})
    for (const char* value : {"-0.1", "1", "nan"})
      expect(fmt::format("{} {}", option, value), 2, option);
  for (const char* option : {"--weight-decay", "--warmup-epochs", "--clip-norm"})
    for (const char* value : {"-0.1", "nan"})
      expect(fmt::format("{} {}", option, value), 2, option);
  expect("--target-accuracy 1.5", 2, "--target-accuracy");
  for (const char* value : {"010", "08", "-01", "0x10"})  // octal to CLI11
    expect(fmt::format("--epochs {}", value), 2, "--epochs");
  // Counted in steps or bytes these would not fit an integer.
  expect("--epochs 1125899906842624", 2, "--epochs");
  expect("--warmup-epochs 1e18", 2, "--warmup-epochs");
  expect("--bucket-mb 1e18", 2, "--bucket-mb");
}

TEST_F(BadUsage, WordsThatAreNotKnown) {
  expect("--epoch 3", 2, "did you mean --epochs?");
  expect("--optmizer sgd", 2, "did you mean --optimizer?");
  expect("--compress fp8", 2, "--compress");
  expect("trian", 2, "did you mean train?");
  expect("train again", 2, "\"again\"");
  expect("bench stpe", 2, "did you mean step?");
  for (const char* option : {"--optimizer", "--schedule", "--loss", "--augment", "--precision",
                             "--comm", "--progress", "--on-nan"})
    expect(fmt::format("{} nonsense", option), 2, option);
  expect("--device tpu", 2, "--device");
  expect("--lr", 2, "--lr needs a value");
}

TEST_F(BadUsage, OptionsThatDoNotGoTogether) {
  expect("--global-batch 8 --batch-per-rank 4", 2, "--batch-per-rank");
  expect("--init a.h5 --resume b.h5", 2, "--resume");
  write_text(folder_ / "both.toml", "init = \"a.h5\"\nresume = \"b.h5\"\n");
  expect("--config both.toml", 2, "--resume");
  write_text(folder_ / "batches.toml", "batch-per-rank = 4\nglobal_batch = 8\n");
  expect("--config batches.toml", 3, "batches.toml: set global-batch or batch-per-rank");
  expect("--resume auto", 2, "--output");
  expect("--device cpu,cpu", 2, "--device");
}

TEST_F(BadUsage, WhatThisBuildDoesNotHave) {
  expect("--precision bf16", 2, "--precision");
  expect("--comm nccl", 2, "--comm");
  if (!std::filesystem::exists("/dev/nvidiactl")) expect("--device cuda", 1, "CUDA module");
}

TEST_F(BadUsage, Files) {
  expect("--data missing", 3, "missing");
  expect("--data ''", 3, "empty");
  expect("--data missing.h5", 3, "missing.h5");
  expect("--model missing.json", 3, "missing.json");
  expect("--model missing", 2, "cnn");
  expect("--config missing.toml", 3, "missing.toml");
  expect("--init missing.h5", 3, "missing.h5");
  expect("--resume missing.h5", 3, "missing.h5");
  expect("eval missing.h5 --data digits", 3, "missing.h5");
  expect("verify missing.h5 missing.h5", 3, "missing.h5");
  expect("eval .", 3, "holds no checkpoint");

  write_text(folder_ / "bad.json", "{\"layers\": [");
  expect("--model bad.json", 3, "bad.json");
  write_text(folder_ / "settings.json", R"({"name": "m", "training": {"lr": -1}, "layers": []})");
  expect("--model settings.json", 3, "lr");
  write_text(folder_ / "unknown.toml", "seed = 1\nwarmup-epoch = 3\n");
  expect(
      "--config unknown.toml", 3,
      "unknown.toml, line 2: there is no setting \"warmup-epoch\" (did you mean warmup-epochs?)");
  write_text(folder_ / "value.toml", "\nepochs = \"many\"\n");
  expect("--config value.toml", 3, "value.toml, line 2: ");
  write_text(folder_ / "acts.toml", "configs = 1\n");
  expect("--config acts.toml", 3, "no setting \"configs\"\n");
  write_text(folder_ / "twice.toml", "lr = 1\n\"lr\" = 2\n");
  expect("--config twice.toml", 3, "twice.toml, line 2: \"lr\" is set in line 1 already");
  for (const char* flag : {"nesterov", "overlap", "shard-optimizer"}) {
    write_text(folder_ / "flag.toml", fmt::format("{} = maybe\n", flag));
    expect("--config flag.toml", 3, "takes true or false, not \"maybe\"");
    expect(fmt::format("--{}=maybe", flag), 2, "takes true or false, not \"maybe\"");
  }
  write_text(folder_ / "section.toml", "[train]\nepochs = 3\n");
  expect("--config section.toml", 3, "train");
  for (const char* line : {"epochs", "= 3", "epochs =", "data = \"open", "data = 'open",
                           "data = \"a\" b", "data = \"a\\qb\"", "device = [\"cpu\"]"}) {
    write_text(folder_ / "line.toml", fmt::format("lr = 0.1\n{}\n", line));
    expect("--config line.toml", 3, "line.toml, line 2: ");
  }
  write_text(folder_ / "binary.toml", std::string("ep\0chs", 6));
  expect("--config binary.toml", 3, "binary.toml");
  write_text(folder_ / "junk.h5", std::string(4096, 'x'));
  expect("--data junk.h5", 3, "junk.h5");
  expect("--resume junk.h5", 3, "junk.h5");
  expect("--init junk.h5", 3, "junk.h5");
  expect("eval junk.h5", 3, "junk.h5");
}

TEST_F(BadUsage, OutputFolders) {
  expect("--output /dev/null/run", 1, "/dev/null/run");
  fs::create_directory(folder_ / "full");
  write_text(folder_ / "full/summary.json", "{}");
  expect("--output full", 2, "--resume full");
}

// As under a plain srun, which lets the other ranks go on when one ends.
TEST_F(BadUsage, IsToldByTheRootAlone) {
  setenv("PMI_RANK", "1", 1);
  const Finished other = dtrain("--bogus");
  setenv("PMI_RANK", "0", 1);
  const Finished root = dtrain("--bogus");
  unsetenv("PMI_RANK");
  EXPECT_EQ(other.code, 2);
  EXPECT_EQ(other.err, "");
  EXPECT_EQ(root.code, 2);
  EXPECT_EQ(root.err,
            "dtrain: error: unknown option --bogus; `dtrain train --help` lists the options\n");
}

TEST_F(BadUsage, Launch) {
  expect("launch", 2, "--np");
  expect("launch -np 0", 2, "--np");
  expect("launch -np 2 -- --lr x", 2, "--lr");
  expect("launch -np 2 -- --bogus", 2, "--bogus");
}

}  // namespace
}  // namespace dtrain::test
