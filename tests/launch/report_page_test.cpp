// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain report --output: the page, its plots and their data, of made-up runs.

#include <gmock/gmock.h>

#include "tests/launch/dtrain_process.hpp"

namespace dtrain::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

bool has_gnuplot() {
  return std::system("command -v gnuplot > /dev/null") == 0;
}

/// Sets PATH while it lives.
class ScopedPath {
 public:
  explicit ScopedPath(const char* path) : before_(std::getenv("PATH")) { setenv("PATH", path, 1); }
  ~ScopedPath() { setenv("PATH", before_.c_str(), 1); }
  ScopedPath(const ScopedPath&) = delete;
  ScopedPath& operator=(const ScopedPath&) = delete;

 private:
  std::string before_;
};

class ReportPage : public DtrainTest {
 protected:
  /// Two epochs, with all that a page shows.
  static json summary(int ranks, double samples_per_second) {
    const auto epoch = [](int number, double loss, double joules) {
      return json{{"epoch", number},
                  {"train_loss", loss},
                  {"train_accuracy", 1 - loss},
                  {"test_loss", loss + 0.0625},
                  {"test_accuracy", 0.9 - loss},
                  {"train_seconds", 2.0},
                  {"eval_seconds", 0.5},
                  {"energy_joules", joules},
                  {"eval_energy_joules", 10.0},
                  {"joules_per_sample", joules / 1024}};
    };
    return {{"schema", 1},
            {"command", "dtrain --model cnn"},
            {"stop_reason", "finished"},
            {"world_size", ranks},
            {"nodes", 1},
            {"threads_per_rank", 1},
            {"device", "cpu"},
            {"device_name", "made up"},
            {"precision", "fp32"},
            {"comm", "node"},
            {"model", "cnn"},
            {"dataset", "digits"},
            {"global_batch", 256},
            {"epochs", {epoch(1, 0.5, 64), epoch(2, 0.25, 72)}},
            {"test_accuracy", 0.65},
            {"samples_per_second", samples_per_second},
            {"step_milliseconds",
             {{"median", 10.5},
              {"p95", 12.0},
              {"data", 0.125},
              {"forward", 3.5},
              {"backward", 6.25},
              {"comm_exposed", 0.375},
              {"optimizer", 0.25}}},
            {"gflops", 40.5},
            {"fraction_of_peak", 0.81},
            {"roofline",
             {{"flops_per_sample", 1000},
              {"bytes_per_sample", 160.0},
              {"intensity", 6.25},
              {"gflops", 40.5},
              {"peak_gflops", 50.0},
              {"memory_gb_per_s", 20.0}}},
            {"energy",
             {{"joules", 156.0},
              {"net_joules", 56.0},
              {"joules_per_epoch", 78.0},
              {"sources", {"rapl:package-0"}},
              {"estimated", false}}},
            {"weights_hash", "0123456789abcdef"}};
  }
  void add_run(const fs::path& name, const json& summary) const {
    fs::create_directories(folder_ / name);
    write_text(folder_ / name / "summary.json", summary.dump());
  }
  std::string page(const fs::path& folder) const {
    return read_text(folder_ / folder / "report.html");
  }
  /// What check_page.py says; empty where it has nothing to say against the page.
  std::string problems(const fs::path& page_file) const {
    const fs::path said = folder_ / "said.txt";
    const std::string command = fmt::format("{} '{}' > '{}' 2>&1", CHECK_PAGE,
                                            (folder_ / page_file).string(), said.string());
    return std::system(command.c_str()) == 0 ? "" : read_text(said);
  }
};

TEST_F(ReportPage, IsWholeAndNeedsNothingButItself) {
  add_run("study/a", summary(1, 500));
  add_run("study/b", summary(2, 900));
  ok("report study -o out");
  EXPECT_EQ(problems("out/report.html"), "");
  const std::string text = page("out");
  EXPECT_THAT(text, HasSubstr("2 runs of 2 configurations"));
  EXPECT_THAT(text, HasSubstr("<td>1.80</td><td>90 %</td>"));
  EXPECT_THAT(text, HasSubstr("rapl:package-0; weights 0123456789abcdef"));
  EXPECT_THAT(text, HasSubstr("Devices: no model was run on two kinds of device."));
  if (has_gnuplot())
    for (const char* name : {"loss", "accuracy", "throughput", "scaling", "speedup", "efficiency",
                             "exposed-communication", "step-time", "roofline", "epoch-energy",
                             "sample-energy", "power"}) {
      EXPECT_THAT(text, HasSubstr(fmt::format("<a href=\"{}.svg\">", name)));
      EXPECT_THAT(read_text(folder_ / "out" / fmt::format("{}.svg", name)), HasSubstr("</svg>"));
    }
}

TEST_F(ReportPage, TheCheckSeesWhatIsWrong) {
  const std::string good =
      "<!DOCTYPE html><html><head><title>t</title></head><body><main><h1>h</h1>{}</main></body>"
      "</html>";
  const auto said_of = [&](const char* content) {
    write_text(folder_ / "page.html", fmt::format(fmt::runtime(good), content));
    return problems("page.html");
  };
  EXPECT_EQ(said_of("<p>good</p>"), "");
  EXPECT_THAT(said_of("<p><b>bad</p>"), HasSubstr("</p> inside of <b>"));
  EXPECT_THAT(said_of("<script>bad()</script>"), HasSubstr("<script> has no place here"));
  EXPECT_THAT(said_of("<p id=\"a\"></p><p id=\"a\"></p>"), HasSubstr("id a is there 2 times"));
  EXPECT_THAT(said_of("<p>https://example.org/x</p>"),
              HasSubstr("refers to https://example.org/x"));
  EXPECT_THAT(said_of("<a href=\"missing.csv\">a</a>"), HasSubstr("missing.csv does not exist"));
}

TEST_F(ReportPage, DataAreThoseOfTheSummaries) {
  add_run("study/a", summary(1, 500.5));
  add_run("study/b", summary(2, 901.25));
  add_run("study/c", summary(2, 1001.75));
  ok("report study -o out");
  const auto data = [&](const char* name) { return read_text(folder_ / "out" / name); };
  EXPECT_THAT(data("loss.csv"), HasSubstr("line,\"epoch\",\"loss\",low,high\n"
                                          "\"1 rank, test\",1,0.5625,0.5625,0.5625\n"
                                          "\"1 rank, test\",2,0.3125,0.3125,0.3125\n"
                                          "\"1 rank, training\",1,0.5,0.5,0.5\n"));
  EXPECT_THAT(data("throughput.csv"), HasSubstr("\"2 ranks\",,951.5,901.25,1001.75\n"));
  EXPECT_THAT(data("step-time.csv"),
              HasSubstr("\"1 rank\",\"data\",0.125,0.125,0.125\n"
                        "\"1 rank\",\"forward\",3.5,3.5,3.5\n"
                        "\"1 rank\",\"backward\",6.25,6.25,6.25\n"
                        "\"1 rank\",\"exposed communication\",0.375,0.375,0.375\n"
                        "\"1 rank\",\"optimizer\",0.25,0.25,0.25\n"));
  EXPECT_THAT(data("roofline.csv"), HasSubstr("\"1 rank\",6.25,40.5,40.5,40.5\n"));
  EXPECT_THAT(data("roofline.csv"), HasSubstr("\"1 rank, roof\",2.5,50,50,50\n"));  // the ridge
  EXPECT_THAT(data("epoch-energy.csv"), HasSubstr("\"1 rank\",,78,78,78\n"));
  EXPECT_THAT(data("sample-energy.csv"),
              HasSubstr("\"1 rank\",,0.06640625,0.06640625,0.06640625\n"));
  // 64 J in 2 s of training, 10 J in half a second of evaluation, and so on.
  EXPECT_THAT(data("power.csv"), HasSubstr("\"1 rank\",0,32,32,32\n\"1 rank\",2,32,32,32\n"
                                           "\"1 rank\",2,20,20,20\n\"1 rank\",2.5,20,20,20\n"
                                           "\"1 rank\",2.5,36,36,36\n"));
}

TEST_F(ReportPage, NamesMayHoldAnything) {
  json hostile = summary(1, 500);
  hostile["dataset"] = "<script>'\"&`touch seen`$(touch seen)\nsystem('touch seen')\n# \\";
  hostile["command"] = "dtrain --data '</code><img src=x>'";
  add_run("study/it's <b>one</b>", hostile);
  add_run("study/two", summary(1, 600));
  ok("report study -o out");
  EXPECT_EQ(problems("out/report.html"), "");
  EXPECT_FALSE(fs::exists(folder_ / "seen"));
  const std::string text = page("out");
  EXPECT_THAT(text, HasSubstr("&lt;script&gt;&#39;&quot;&amp;`touch seen`"));
  EXPECT_THAT(text, HasSubstr("it&#39;s &lt;b&gt;one&lt;/b&gt;"));
}

TEST_F(ReportPage, WithoutGnuplotHasTablesAndOneNotice) {
  add_run("run", summary(1, 500));
  const ScopedPath nothing("/nonexistent");
  const Finished finished = dtrain("report run -o out --png");
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_EQ(count_of(finished.err, "gnuplot-nox"), 1u);
  EXPECT_EQ(count_of(page("out"), "gnuplot-nox"), 1u);
  EXPECT_THAT(page("out"), HasSubstr("<td>500</td>"));
  EXPECT_THAT(page("out"), Not(HasSubstr("<svg")));
  EXPECT_TRUE(fs::exists(folder_ / "out/loss.csv"));
  EXPECT_FALSE(fs::exists(folder_ / "out/loss.svg"));
}

TEST_F(ReportPage, StudiesOfOneConfigurationStandSideBySide) {
  add_run("before/a", summary(1, 500));
  add_run("after/a", summary(1, 750));
  const std::string text = ok("report before after -o out");
  EXPECT_THAT(text, HasSubstr("1.50 times the samples/s with after: cnn on digits"));
  EXPECT_THAT(page("out"), HasSubstr("1.50 times the samples/s with after: cnn on digits"));
  EXPECT_THAT(read_text(folder_ / "out/throughput.csv"), HasSubstr("\"before\",,500,500,500\n"));
  EXPECT_THAT(read_text(folder_ / "out/throughput.csv"), HasSubstr("\"after\",,750,750,750\n"));
}

TEST_F(ReportPage, StudiesShowWhatTheMachineAllows) {
  for (const int ranks : {1, 2})
    for (const int repeat : {0, 1, 2}) {
      const fs::path run = fmt::format("study/{}-{}", ranks, repeat);
      add_run(run, summary(ranks, 400 * ranks + 8 * repeat));
      write_text(folder_ / run / "ideal.json", R"({"ms_per_step": 250})");
    }
  ok("report study -o out");
  // Medians 408 and 808; 1024 / 408 is what two replicas side by side reach.
  const std::string speedup = read_text(folder_ / "out/speedup.csv");
  EXPECT_THAT(speedup, HasSubstr(fmt::format("side by side\",2,{0},{0},{0}\n", 1024.0 / 408)));
  EXPECT_THAT(speedup, HasSubstr(fmt::format("a rank\",2,{},", 808.0 / 408)));
  EXPECT_THAT(read_text(folder_ / "out/exposed-communication.csv"),
              HasSubstr("a rank\",2,3.571428571"));  // 0.375 of 10.5 ms
  EXPECT_THAT(page("out"), HasSubstr("1.98 ± "));
}

TEST_F(ReportPage, ComparesDevices) {
  json gpu = summary(1, 9000);
  gpu["device"] = "cuda";
  add_run("a", summary(1, 500));
  add_run("b", summary(2, 900));
  add_run("c", gpu);
  ok("report a b c -o out");
  EXPECT_EQ(read_text(folder_ / "out/devices.csv"),
            "bar,part,\"samples/s\",low,high\n"
            "\"cnn on digits, cpu\",,900,900,900\n\"cnn on digits, cuda\",,9000,9000,9000\n");
}

TEST_F(ReportPage, MarksEstimatesAndSaysWhatIsMissing) {
  json estimated = summary(1, 500), none = summary(2, 900);
  estimated["energy"]["estimated"] = true;
  none["energy"] = {{"joules", nullptr}, {"estimated", false}};
  for (json& epoch : none["epochs"]) {
    epoch["joules_per_sample"] = epoch["energy_joules"] = epoch["eval_energy_joules"] = nullptr;
  }
  none["epochs"].erase(1);
  none.erase("roofline");
  add_run("a", estimated);
  add_run("b", none);
  ok("report a -o estimated");
  EXPECT_THAT(read_text(folder_ / "estimated/epoch-energy.csv"),
              HasSubstr("\"cnn, digits (estimated)\",,78,78,78\n"));
  EXPECT_THAT(page("estimated"), HasSubstr("<td>~156</td>"));
  ok("report b -o none");
  const std::string text = page("none");
  EXPECT_EQ(problems("none/report.html"), "");
  for (const char* reason :
       {"Loss: no run recorded it for two epochs", "Roofline: no run&#39;s summary has a roofline",
        "Energy of an epoch: no run knows its energy", "Power over time: no run knows its energy",
        "Speed-up: all runs of a series have the same number of ranks"})
    EXPECT_THAT(text, HasSubstr(reason));
  for (const char* name : {"loss", "roofline", "epoch-energy", "power", "speedup"})
    EXPECT_FALSE(fs::exists(folder_ / "none" / fmt::format("{}.csv", name))) << name;
}

TEST_F(ReportPage, PowerComesFromATraceWhereThereIsOne) {
  add_run("run", summary(1, 500));
  write_text(
      folder_ / "run/trace.json",
      "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n"
      "{\"name\":\"power, W\",\"ts\":125000,\"pid\":0,\"ph\":\"C\",\"args\":{\"value\":65}},\n"
      "{\"name\":\"memory, MB\",\"ts\":1e5,\"pid\":0,\"ph\":\"C\",\"args\":{\"value\":7}},\n"
      "{\"name\":\"power, "
      "W\",\"ts\":200000,\"pid\":0,\"ph\":\"C\",\"args\":{\"value\":70.5}}\n]}\n");
  ok("report run -o out");
  EXPECT_THAT(read_text(folder_ / "out/power.csv"),
              HasSubstr("\"cnn, digits\",0.125,65,65,65\n\"cnn, digits\",0.2,70.5,70.5,70.5\n"));
  write_text(folder_ / "run/trace.json", "{\"name\":\"power, W\",\"ts\":1\n");
  const Finished damaged = dtrain("report run -o out");
  EXPECT_EQ(damaged.code, 3);
  EXPECT_THAT(damaged.err, HasSubstr("trace.json is not the trace of a run"));
}

TEST_F(ReportPage, DrawsForPapersToo) {
  if (!has_gnuplot()) GTEST_SKIP() << "no gnuplot";
  add_run("run", summary(1, 500));
  ok("report run -o out --png");
  EXPECT_TRUE(read_text(folder_ / "out/loss.png").starts_with("\x89PNG"));
  EXPECT_EQ(dtrain("report run --png").code, 2);
}

}  // namespace
}  // namespace dtrain::test
