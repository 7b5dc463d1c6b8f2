// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain study predict, from runs whose figures are made up: what it says is what its formulas give.

#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "tests/launch/dtrain_process.hpp"

namespace dtrain::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// The step of every run: 1 + 3 ms, then 5 ms of backward, then 1 ms.
constexpr double before = 4e-3, backward = 5e-3, update = 1e-3;

class StudyPredict : public DtrainTest {
 protected:
  /// The network and the files are real, the figures are not.
  StudyPredict() {
    ok("--model mlp64 --epochs 1 --threads 1 --output study/one --progress none");
    gradient_bytes_ = 4.0 * json_file("study/one/summary.json")["parameters"].get<double>();
    set_figures("study/one", 1, 1, 200, 200 / (before + backward + update));
  }

  void set_figures(const fs::path& run, int ranks, int nodes, int batch,
                   double samples_per_second) const {
    json summary = json_file(run / "summary.json");
    summary["world_size"] = ranks;
    summary["nodes"] = nodes;
    summary["global_batch"] = batch;
    summary["samples_per_second"] = samples_per_second;
    // Medians that do not quite add up to the mean step, as in truth.
    summary["step_milliseconds"] = {{"median", 9},     {"p95", 11},       {"data", 0.9},
                                    {"forward", 2.7},  {"backward", 4.5}, {"comm_exposed", 0},
                                    {"optimizer", 0.9}};
    write_text(folder_ / run / "summary.json", summary.dump());
  }
  void add_run(const fs::path& run, int ranks, int nodes, int batch,
               double samples_per_second) const {
    fs::copy(folder_ / "study/one", folder_ / run, fs::copy_options::recursive);
    set_figures(run, ranks, nodes, batch, samples_per_second);
  }
  /// One object per prediction, weak ones first.
  std::vector<json> predict(const std::string& options) const {
    std::vector<json> rows;
    std::istringstream lines(ok("study predict study --json " + options));
    for (std::string line; std::getline(lines, line);) rows.push_back(json::parse(line));
    return rows;
  }
  void expect_error(const std::string& options, int code, const std::string& named) const {
    const Finished finished = dtrain("study predict " + options);
    EXPECT_EQ(finished.code, code) << options << "\n" << finished.err;
    EXPECT_THAT(finished.err, HasSubstr(named)) << options;
    EXPECT_EQ(finished.out, "") << options;
  }

  double gradient_bytes_ = 0;
};

TEST_F(StudyPredict, AddsToTheStepWhatBackwardDoesNotHide) {
  // One bucket is complete when backward is: nothing is hidden. Ring on 4 nodes: 6 steps, 1.5 times
  // the bytes; 100 us, and 1 Gbit/s or 8 ns a byte.
  const double sum = 6 * 100e-6 + 1.5 * gradient_bytes_ * 8e-9;
  const auto rows = predict(
      "--link-us 100 --link-gbit 1 --ranks 1,4 --bucket-mb 1000 --across ring --global-batch 100");
  ASSERT_EQ(rows.size(), 4u);
  const json &alone = rows[0], &weak = rows[1], &strong = rows[3];
  EXPECT_EQ(alone["scaling"], "weak");
  EXPECT_NEAR(alone["step_ms"], 1e3 * (before + backward + update), 1e-6);
  EXPECT_EQ(weak["global_batch"], 800);
  EXPECT_EQ(weak["nodes"], 4);
  EXPECT_EQ(weak["across"], "ring");
  EXPECT_NEAR(weak["comm_exposed_ms"], 1e3 * sum, 1e-6);
  const double step = before + backward + update + sum;
  EXPECT_NEAR(weak["samples_per_second"], 800 / step, 1e-3);
  EXPECT_NEAR(weak["efficiency"], (before + backward + update) / step, 1e-9);
  EXPECT_TRUE(weak["error"].is_null());
  // A quarter of 100 samples: an eighth of the passes, and the whole update.
  EXPECT_EQ(strong["scaling"], "strong");
  EXPECT_NEAR(strong["compute_ms"], 1e3 * ((before + backward) / 8 + update), 1e-6);
  EXPECT_NEAR(strong["step_ms"], 1e3 * ((before + backward) / 8 + update + sum), 1e-6);
}

TEST_F(StudyPredict, HidesFullBucketsBehindBackward) {
  const std::string link = "--link-us 100 --link-gbit 1 --ranks 4 --bucket-mb 0.001 --across ring";
  const json after = predict(link + " --no-overlap")[0], beside = predict(link)[0];
  EXPECT_EQ(after["comm_ms"], beside["comm_ms"]);
  EXPECT_EQ(after["comm_exposed_ms"], after["comm_ms"]);
  // No more is hidden than backward takes.
  EXPECT_LT(beside["comm_exposed_ms"], after["comm_exposed_ms"]);
  EXPECT_GE(beside["comm_exposed_ms"].get<double>(),
            after["comm_exposed_ms"].get<double>() - 1e3 * backward - 1e-9);
}

TEST_F(StudyPredict, FindsTheLinkInSumsOfTwoNodes) {
  std::string sums;
  for (double bytes = 65536; bytes < 5e6; bytes *= 4) {
    // Two steps, and the array's bytes: 50 us, 4 ns a byte. Others are not used.
    json row = {{"bytes", bytes},
                {"algorithm", "node"},
                {"ranks", 2},
                {"nodes", 2},
                {"median_us", 1e6 * (2 * 50e-6 + bytes * 4e-9)}};
    sums += row.dump() + "\n";
    row["algorithm"] = "mpi";
    row["median_us"] = 1;
    sums += row.dump() + "\n";
  }
  write_text(folder_ / "sums", sums);
  const json row = predict("--allreduce sums --ranks 2")[0];
  EXPECT_NEAR(row["link_us"], 50, 1e-6);
  EXPECT_NEAR(row["link_gbit"], 2, 1e-9);

  // The same in a study.json.
  json study = {{"allreduce", json::array()}};
  std::istringstream lines(sums);
  for (std::string line; std::getline(lines, line);)
    study["allreduce"].push_back(json::parse(line));
  write_text(folder_ / "study/study.json", study.dump());
  EXPECT_EQ(predict("--ranks 2")[0], row);
}

TEST_F(StudyPredict, CompoundsNodesOfSeveralRanks) {
  add_run("study/two", 2, 1, 400, 2 * 200 / (before + backward + update));
  const std::string link = "--link-us 100 --link-gbit 1 --node-us 20 --node-gb 5";
  const auto rows = predict(link + " --ranks 2,8 --bucket-mb 1000 --across ring");
  // Within each node, then the ring over 4 of them.
  const double node = 20e-6 + gradient_bytes_ / 5e9;
  EXPECT_NEAR(rows[0]["comm_ms"], 1e3 * node, 1e-6);
  EXPECT_NEAR(rows[1]["comm_ms"], 1e3 * (node + 6 * 100e-6 + 1.5 * gradient_bytes_ * 8e-9), 1e-6);
  EXPECT_EQ(rows[1]["nodes"], 4);
  expect_error("study --ranks 3 " + link, 2, "--ranks 3");
  expect_error("study --link-us 100 --link-gbit 1", 2, "--node-us");
}

TEST_F(StudyPredict, ComparesWithWhatWasMeasured) {
  const std::string options = "--link-us 100 --link-gbit 1 --ranks 2";
  const double predicted = predict(options)[0]["samples_per_second"];
  add_run("study/two", 2, 2, 400, predicted / 1.1);
  const json row = predict(options)[0];
  EXPECT_NEAR(row["samples_per_second"], predicted, 1e-6) << "the prediction used what it predicts";
  EXPECT_NEAR(row["measured_samples_per_second"], predicted / 1.1, 1e-3);
  EXPECT_NEAR(row["error"], 0.1, 1e-9);
  EXPECT_THAT(ok("study predict study " + options), HasSubstr("+10.0 %"));
}

TEST_F(StudyPredict, GoesToThousandsOfRanksAndStatesWhatItAssumes) {
  const std::string text = ok("study predict study --link-us 2 --link-gbit 200");
  EXPECT_THAT(text, HasSubstr("weak scaling, 200 samples a rank"));
  EXPECT_THAT(text, HasSubstr("strong scaling, batch 200"));
  EXPECT_THAT(text, HasSubstr("1,024"));
  EXPECT_THAT(text, HasSubstr("Predicted, not measured"));
  EXPECT_THAT(text, HasSubstr("2 us + its bytes at 200 Gbit/s (as given)"));
  const auto rows = predict("--link-us 2 --link-gbit 200");
  ASSERT_EQ(rows.size(), 11u + 8u);  // strong scaling ends at 128 ranks, with 200 samples
  for (const json& row : rows) {
    EXPECT_GT(row["efficiency"], 0);
    EXPECT_LE(row["efficiency"], 1 + 1e-9);
  }
}

TEST_F(StudyPredict, WritesTheSameValuesForSpreadsheets) {
  const std::string options = "--link-us 2 --link-gbit 200 --ranks 1,2 --global-batch 2";
  std::istringstream lines(ok("study predict study --csv " + options));
  std::string header, line;
  std::getline(lines, header);
  EXPECT_THAT(header,
              testing::StartsWith("model,dataset,device,precision,threads_per_rank,scaling,"));
  for (const json& row : predict(options)) {
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_EQ(std::ranges::count(line, ','), std::ranges::count(header, ','));
    EXPECT_THAT(line, testing::StartsWith("\"mlp64\",\"digits\",\"cpu\",\"fp32\","));
    EXPECT_THAT(line, HasSubstr(row["samples_per_second"].dump()));
  }
  EXPECT_FALSE(std::getline(lines, line));
}

TEST_F(StudyPredict, AsksForWhatIsMissing) {
  expect_error("study", 2, "--link-us");
  expect_error("study --link-us 2", 2, "--link-gbit");
  expect_error("study --link-us 2 --link-gbit 0", 2, "--link-gbit");
  expect_error("study --link-us 2 --link-gbit 1 --ranks-per-node 3", 2, "--ranks-per-node");
  expect_error("study --link-us 2 --link-gbit 1 --across bus", 2, "--across");
  expect_error("nowhere --link-us 2 --link-gbit 1", 3, "nowhere");
  write_text(folder_ / "sums", "no JSON\n");
  expect_error("study --allreduce sums", 3, "sums");
  expect_error("study --allreduce missing", 3, "missing");
  fs::remove(folder_ / "study/one/latest");
  expect_error("study --link-us 2 --link-gbit 1", 3, "study/one");
}

}  // namespace
}  // namespace dtrain::test
