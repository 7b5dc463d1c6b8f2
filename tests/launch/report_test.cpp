// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain report: runs side by side.

#include <fmt/ranges.h>

#include <gmock/gmock.h>

#include <sstream>

#include "tests/launch/dtrain_process.hpp"

namespace dtrain::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class Report : public DtrainTest {
 protected:
  /// A run's summary with what a report reads.
  json summary(int nodes, int ranks, double samples_per_second) const {
    return {{"schema", 1},
            {"stop_reason", "finished"},
            {"world_size", ranks},
            {"nodes", nodes},
            {"threads_per_rank", 1},
            {"device", "cpu"},
            {"precision", "fp32"},
            {"model", "cnn"},
            {"dataset", "digits"},
            {"global_batch", 256},
            {"epochs", json::array()},
            {"test_accuracy", 0.975},
            {"samples_per_second", samples_per_second},
            {"energy", {{"joules", nullptr}, {"estimated", false}}}};
  }
  void add_run(const std::string& name, const json& summary) const {
    fs::create_directories(folder_ / name);
    write_text(folder_ / name / "summary.json", summary.dump());
  }
  /// The words of the line that begins with these.
  static std::vector<std::string> words_after(const std::string& text, const std::string& begin) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::vector<std::string> all(std::istream_iterator<std::string>(words), {});
      if (fmt::format("{}", fmt::join(all, " ")).starts_with(begin)) return all;
    }
    return {};
  }
};

TEST_F(Report, MedianRangeSpeedupAndEfficiencyOfRepeats) {
  add_run("study/a", summary(1, 2, 1000));
  add_run("study/b", summary(1, 2, 1200));
  add_run("study/c", summary(1, 2, 900));
  add_run("study/deeper/d", summary(4, 8, 3000));
  const std::string text = ok("report study");
  EXPECT_THAT(text, HasSubstr("cnn on digits, cpu, fp32, 1 thread a rank"));
  EXPECT_THAT(words_after(text, "1 2 256 3"),
              testing::ElementsAre("1", "2", "256", "3", "1.00k", "900", "to", "1.20k", "1.00",
                                   "100", "%", "97.50", "%", "-"));
  EXPECT_THAT(words_after(text, "4 8 256 1"),
              testing::ElementsAre("4", "8", "256", "1", "3.00k", "3.00k", "to", "3.00k", "3.00",
                                   "75", "%", "97.50", "%", "-"));
}

TEST_F(Report, WritesMarkdownAndCommaSeparatedValues) {
  json run = summary(1, 1, 500);
  run["epochs"] = {{{"joules_per_sample", 0.5}}, {{"joules_per_sample", 0.7}}};
  run["energy"]["estimated"] = true;
  add_run("one", run);
  run["dataset"] = "odd \"name\", with a comma";
  add_run("other", run);
  ok("report one other --output report");
  const std::string page = read_text(folder_ / "report/report.md");
  EXPECT_THAT(page, HasSubstr("| 1 | 1 | 256 | 1 | 500 | 500 to 500 | 1.00 | 100 % | 97.50 % | "
                              "~0.6 |"));
  EXPECT_THAT(page, Not(HasSubstr("scaling.svg")));  // one number of ranks makes no curve
  const std::string values = read_text(folder_ / "report/report.csv");
  EXPECT_THAT(values, HasSubstr("\"cnn\",\"odd \"\"name\"\", with a comma\",cpu,fp32,1,1,1,256,1,"
                                "500,500,500,1,1,0.975,0.975,0.975,0.6,0.6,0.6,true,\"\","));
}

TEST_F(Report, DrawsACurve) {
  if (std::system("command -v gnuplot > /dev/null") != 0) GTEST_SKIP() << "no gnuplot";
  add_run("it's one", summary(1, 1, 500));
  add_run("two", summary(1, 2, 900));
  ok("report \"it's one\" two --output \"it's drawn\"");
  const std::string picture = read_text(folder_ / "it's drawn/scaling.svg");
  EXPECT_THAT(picture, HasSubstr("cnn on digits, cpu"));
  EXPECT_THAT(picture, HasSubstr("</svg>"));
  EXPECT_THAT(read_text(folder_ / "it's drawn/report.md"), HasSubstr("(scaling.svg)"));
}

TEST_F(Report, ComparesSeriesWhereTheyHaveTheSamePlace) {
  json gpu = summary(1, 4, 8000);
  gpu["device"] = "cuda";
  add_run("a", summary(1, 4, 500));
  add_run("b", gpu);
  EXPECT_THAT(ok("report a b"),
              HasSubstr("16.00 times the samples/s with cnn on digits, cuda, fp32"));
}

TEST_F(Report, LeavesOutWhatHasNoFigures) {
  json stopped = summary(1, 1, 500), idle = stopped;
  stopped["stop_reason"] = "stopped";
  idle["samples_per_second"] = nullptr;
  add_run("study/done", summary(1, 1, 500));
  add_run("study/idle", idle);
  add_run("study/stopped", stopped);
  fs::create_directories(folder_ / "study/open");
  write_text(folder_ / "study/open/config.toml", "");
  const Finished finished = dtrain("report study");
  EXPECT_EQ(finished.code, 0);
  EXPECT_EQ(count_of(finished.err, "left out"), 3u);
  EXPECT_THAT(finished.err, HasSubstr("dtrain --resume study/stopped"));
  EXPECT_FALSE(words_after(finished.out, "1 1 256 1").empty());
}

TEST_F(Report, OfARealRunAgreesWithItsSummary) {
  ok("--model mlp64 --epochs 1 --threads 1 --output run --progress none");
  ok("report run --output run");
  const json run = json_file("run/summary.json");
  EXPECT_THAT(read_text(folder_ / "run/report.csv"),
              HasSubstr(fmt::format("1,{},{},", run["global_batch"].get<int>(), 1) +
                        fmt::format("{}", run["samples_per_second"].get<double>())));
}

TEST_F(Report, SaysWhatItCannotRead) {
  fs::create_directories(folder_ / "empty");
  add_run("bad", {{"stop_reason", "finished"}, {"samples_per_second", 1}});
  for (const char* folder : {"missing", "empty", "bad"}) {
    const Finished finished = dtrain(fmt::format("report {}", folder));
    EXPECT_EQ(finished.code, 3) << folder;
    EXPECT_THAT(finished.err, HasSubstr(folder));
  }
  EXPECT_EQ(dtrain("report").code, 2);
}

}  // namespace
}  // namespace dtrain::test
