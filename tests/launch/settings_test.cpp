// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Where settings come from, and the files that carry them.

#include <gmock/gmock.h>

#include <regex>
#include <set>

#include "tests/launch/dtrain_process.hpp"

namespace dtrain::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Settings : public DtrainTest {};

constexpr const char* model_with_settings = R"({
  "name": "tiny", "training": {"optimizer": "adam", "lr": 0.003, "epochs": 7, "nesterov": true},
  "layers": [{"type": "linear", "features": "classes"}]})";

TEST_F(Settings, FlagsBeatTheConfigFileWhichBeatsTheModelWhichBeatsTheDefaults) {
  write_text(folder_ / "tiny.json", model_with_settings);
  write_text(folder_ / "c.toml",
             "# a comment\nmodel = \"tiny.json\"\nlr = 0.004\nepochs = 8\nseed = 5\n");
  const std::string text = ok("--config c.toml --epochs 9 --dry-run");
  EXPECT_THAT(text, HasSubstr("epochs = 9\n"));            // flag
  EXPECT_THAT(text, HasSubstr("lr = 0.004\n"));            // config
  EXPECT_THAT(text, HasSubstr("seed = 5\n"));              // config
  EXPECT_THAT(text, HasSubstr("optimizer = \"adam\"\n"));  // model
  EXPECT_THAT(text, HasSubstr("nesterov = true\n"));       // model
  EXPECT_THAT(text, HasSubstr("global-batch = 256\n"));    // default
  EXPECT_THAT(ok("--config c.toml --model mlp --dry-run"), HasSubstr("nesterov = false\n"));
  EXPECT_THAT(ok("--config c.toml --nesterov=false --dry-run"), HasSubstr("nesterov = false\n"));
}

TEST_F(Settings, AnotherOptimizerComesWithItsOwnRates) {
  const std::string model = ok("--model resnet20 --dry-run");  // sgd
  EXPECT_THAT(model, HasSubstr("lr = 0.1\n"));
  EXPECT_THAT(model, HasSubstr("weight-decay = 0.0005\n"));
  const std::string adam = ok("--model resnet20 --optimizer adam --dry-run");
  EXPECT_THAT(adam, HasSubstr("lr = 0.001\n"));
  EXPECT_THAT(adam, HasSubstr("weight-decay = 0\n"));
  EXPECT_THAT(ok("--model resnet20 --optimizer sgd --dry-run"), HasSubstr("lr = 0.1\n"));
  EXPECT_THAT(ok("--model resnet20 --optimizer adam --lr 0.02 --dry-run"),
              HasSubstr("lr = 0.02\n"));

  write_text(folder_ / "adam.toml", "optimizer = \"adam\"\nweight-decay = 0.01\n");
  const std::string file = ok("--model resnet20 --config adam.toml --dry-run");
  EXPECT_THAT(file, HasSubstr("lr = 0.001\n"));
  EXPECT_THAT(file, HasSubstr("weight-decay = 0.01\n"));
  EXPECT_THAT(ok("--model resnet20 --config adam.toml --optimizer sgd --dry-run"),
              HasSubstr("weight-decay = 0.0005\n"));

  write_text(folder_ / "tiny.json", model_with_settings);  // adam with Nesterov's momentum
  EXPECT_THAT(ok("--model tiny.json --optimizer sgd --dry-run"), HasSubstr("nesterov = false\n"));
  write_text(folder_ / "rate.toml", "lr = 0.5\n");  // says nothing of an optimizer
  EXPECT_THAT(ok("--config rate.toml --dry-run"), HasSubstr("lr = 0.5\n"));
}

TEST_F(Settings, OneWayToSayTheBatchReplacesTheOther) {
  write_text(folder_ / "c.toml", "batch-per-rank = 16\n");
  EXPECT_THAT(ok("--config c.toml --dry-run"), HasSubstr("batch-per-rank = 16\n"));
  const std::string text = ok("--config c.toml --global-batch 64 --dry-run");
  EXPECT_THAT(text, HasSubstr("global-batch = 64\n"));
  EXPECT_THAT(text, Not(HasSubstr("batch-per-rank")));

  write_text(folder_ / "m.json", R"({"name": "m", "training": {"batch_per_rank": 4},
    "layers": [{"type": "linear", "units": "classes"}]})");
  write_text(folder_ / "global.toml", "global-batch = 64\n");
  EXPECT_THAT(ok("--model m.json --config global.toml --dry-run"),
              Not(HasSubstr("batch-per-rank")));
}

TEST_F(Settings, WhatADryRunPrintsIsAConfigFileForTheSameSettings) {
  const std::string text =
      ok("--model lenet --data synthetic:1x28x28:4:100 --validation 0.1 --steps 3 --lr "
         "0.012345678901234 "
         "--augment crop=2,flip --optimizer adamw --weight-decay 1e-5 --schedule poly --threads 1 "
         "--dry-run");
  write_text(folder_ / "again.toml", text);
  EXPECT_EQ(ok("--config again.toml --dry-run"), text);
  EXPECT_THAT(text, HasSubstr("lr = 0.012345678901234\n"));
  EXPECT_FALSE(fs::exists(folder_ / "runs"));
}

TEST_F(Settings, AConfigFileCarriesAnyText) {
  for (const std::string name : {"run #7.h5", "back\\slash.h5", "\"quoted\".h5", "tab\there.h5",
                                 "[a].h5", "line\nbreak.h5", "a = b.h5", " spaces .h5"}) {
    const std::string text = ok(fmt::format("--data '{}' --dry-run", name));
    write_text(folder_ / "again.toml", text);
    EXPECT_EQ(ok("--config again.toml --dry-run"), text) << name;
  }
  write_text(folder_ / "c.toml",
             "\xEF\xBB\xBF"
             "data = 'a\\b#c.h5' # a comment\r\n\n  \"epochs\"=3# another\n"
             "'schedule' = poly\n");
  const std::string text = ok("--config c.toml --dry-run");
  EXPECT_THAT(text, HasSubstr("data = \"a\\\\b#c.h5\"\n"));
  EXPECT_THAT(text, HasSubstr("epochs = 3\n"));
  EXPECT_THAT(text, HasSubstr("schedule = \"poly\"\n"));
}

TEST_F(Settings, OverlapIsOnOffOrLeftToTheMachine) {
  EXPECT_THAT(ok("--dry-run"), Not(HasSubstr("overlap")));
  for (const char* flag : {"--overlap", "--no-overlap"}) {
    const std::string text = ok(fmt::format("{} --dry-run", flag));
    EXPECT_THAT(text, HasSubstr(flag[2] == 'n' ? "overlap = false" : "overlap = true"));
    write_text(folder_ / "again.toml", text);
    EXPECT_EQ(ok("--config again.toml --dry-run"), text);
  }
}

TEST_F(Settings, EverySettingIsInTheDryRun) {
  const std::string help = ok("train --help");
  const std::string text =
      ok("--steps 1 --threads 1 --init x.h5 --bucket-mb 3 --no-overlap --dry-run") +
      ok("--batch-per-rank 4 --overlap --dry-run");
  // Those that act, or say where a run is.
  const std::set<std::string> others{"help",   "config", "dry-run",  "version",
                                     "output", "resume", "progress", "no-overlap"};
  const std::regex option("\n  (?:-h,)?--([a-z-]+)");
  int found = 0;
  for (std::sregex_iterator match(help.begin(), help.end(), option), end; match != end; ++match) {
    ++found;
    if (others.count((*match)[1]) == 0) {
      EXPECT_THAT(text, HasSubstr(fmt::format("\n{} = ", (*match)[1].str())));
    }
  }
  EXPECT_GT(found, 30);
}

}  // namespace
}  // namespace dtrain::test
