// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Energy in a run's files, on machines whose power we know.

#include <gmock/gmock.h>

#include <atomic>

#include "tests/launch/dtrain_process.hpp"
#include "tests/measure/fake_counters.hpp"

namespace dtrain::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr double watts = 200;

/// Shows what something that uses 200 W has used by now, every two milliseconds, until destroyed.
class Running {
 public:
  explicit Running(std::function<void(double joules)> show) : show_(std::move(show)) {
    thread_ = std::thread([this] {
      const auto begin = std::chrono::steady_clock::now();
      while (!ended_) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
        show_(watts * time.count());
      }
    });
  }
  ~Running() {
    ended_ = true;
    thread_.join();
  }

 private:
  std::function<void(double)> show_;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

class Energy : public DtrainTest {
 protected:
  Energy() : root_(folder_ / "machine") {
    setenv("DTRAIN_SYSFS_ROOT", root_.c_str(), 1);
    setenv("DTRAIN_NVML", "/no/such/library", 1);
  }
  /// A machine with a package that is running.
  std::unique_ptr<Running> start_package(std::uint64_t range_uj) {
    powercap_.emplace(root_, range_uj);
    powercap_->add_package(0);
    return std::make_unique<Running>([this, last = 0.0](double joules) mutable {
      powercap_->use_packages(1, joules - last);
      last = joules;
    });
  }
  /// Every epoch's figures are those of a machine that uses 200 W; updates may be late on a busy one.
  void expect_200_watts(const json& summary) {
    double seconds = 0;
    for (const json& epoch : summary["epochs"]) {
      const double train = epoch["train_seconds"], eval = epoch["eval_seconds"];
      EXPECT_NEAR(epoch["energy_joules"], watts * train, watts * 0.1);
      if (epoch["eval_energy_joules"].is_number()) {  // else too short for the counter
        EXPECT_NEAR(epoch["eval_energy_joules"], watts * eval, watts * 0.1);
      }
      EXPECT_DOUBLE_EQ(epoch["average_watts"].get<double>() * train, epoch["energy_joules"]);
      EXPECT_NEAR(epoch["joules_per_sample"].get<double>() *
                      epoch["samples_per_second"].get<double>() * train,
                  epoch["energy_joules"], 1e-6);
      seconds += train + eval;
    }
    const json& energy = summary["energy"];
    EXPECT_NEAR(energy["joules"], watts * seconds, 0.1 * watts * seconds);
    EXPECT_NEAR(energy["idle_watts"], watts, 0.1 * watts);
    EXPECT_NEAR(energy["net_joules"], 0, 0.1 * watts * seconds);
    EXPECT_NEAR(energy["average_watts"], watts, 0.1 * watts);
    EXPECT_NEAR(energy["energy_delay_joule_seconds"], energy["joules"].get<double>() * seconds,
                1e-6);
    EXPECT_EQ(energy["estimated"], false);
  }

  fs::path root_;
  std::optional<measure::FakePowercap> powercap_;
};

const std::string job = "--model cnn --checkpoint-every 0 ";

TEST_F(Energy, IsInEveryFile) {
  const auto machine = start_package(262'143'328'850);
  const std::string text = ok(job + "--epochs 5 --threads 1 --output run");
  const json summary = json_file("run/summary.json");
  expect_200_watts(summary);
  EXPECT_EQ(summary["energy"]["sources"], json({"rapl:dram-0", "rapl:package-0"}));
  EXPECT_EQ(summary["energy"]["not_measured"], json::array());
  EXPECT_THAT(text, HasSubstr("rapl:package-0"));
  EXPECT_THAT(text, HasSubstr(" J a sample"));

  std::istringstream csv(read_text(folder_ / "run/epochs.csv"));
  std::string header, row;
  std::getline(csv, header);
  std::getline(csv, row);
  EXPECT_EQ(count_of(header, ","), count_of(row, ","));
  EXPECT_THAT(header, HasSubstr("energy_joules"));
  EXPECT_THAT(row, HasSubstr(summary["epochs"][0]["energy_joules"].dump()));
  EXPECT_THAT(read_text(folder_ / "run/metrics.jsonl"),
              HasSubstr("\"energy_joules\":" + summary["epochs"][0]["energy_joules"].dump()));
}

TEST_F(Energy, OfANodeIsCountedOnceByEightRanksThroughWraps) {
  const auto machine = start_package(100'000'000);  // the package wraps every 0.6 s
  ok("launch -np 8 -- " + job + "--epochs 5 --output run");
  expect_200_watts(json_file("run/summary.json"));
}

TEST_F(Energy, GoesOnInAResumedRun) {
  const auto machine = start_package(262'143'328'850);
  ok(job + "--threads 1 --epochs 2 --checkpoint-every-steps 5 --output run");
  ok("--threads 1 --epochs 3 --resume run/checkpoint-0025.h5");  // amid the second 15 steps
  const json summary = json_file("run/summary.json");
  ASSERT_EQ(summary["epochs"].size(), 3u);
  expect_200_watts(summary);
}

TEST_F(Energy, ThatCannotBeReadIsNullAndSaysWhy) {
  measure::FakePowercap powercap(root_);
  powercap.add_package(0);
  fs::remove(powercap.counter("0"));
  fs::create_directory(powercap.counter("0"));
  const Finished finished =
      dtrain("--model mlp64 --epochs 1 --threads 1 --energy rapl --output run");
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("note: --energy rapl measures nothing: rapl: "));
  const json summary = json_file("run/summary.json");
  for (const auto& [member, value] : summary["energy"].items())
    if (value.is_number()) ADD_FAILURE() << member << " is " << value;
  EXPECT_EQ(summary["energy"]["sources"], json::array());
  EXPECT_THAT(summary["energy"]["not_measured"].dump(), HasSubstr("Is a directory"));
  EXPECT_TRUE(summary["epochs"][0]["energy_joules"].is_null());
}

TEST_F(Energy, OfGpusIsCountedByName) {
  const fs::path gpus = folder_ / "gpus";
  setenv("FAKE_NVML_GPUS", gpus.c_str(), 1);
  setenv("DTRAIN_NVML", FAKE_NVML, 1);
  measure::write_gpus(gpus, {{"GPU-a", "12345"}});
  const Running gpu([&](double joules) {
    measure::write_gpus(gpus, {{"GPU-a", std::to_string(12345 + std::llround(joules * 1e3))}});
  });
  // Epochs of many updates of a counter that moves every 100 ms.
  ok("launch -np 2 -- " + job +
     "--epochs 3 --data synthetic:1x8x8:10:12000 --energy nvml --output run");
  const json summary = json_file("run/summary.json");
  EXPECT_EQ(summary["energy"]["sources"], json({"nvml"}));
  EXPECT_EQ(summary["energy"]["resolution_seconds"], 0.1);
  expect_200_watts(summary);
}

TEST_F(Energy, MayBeEstimated) {
  const std::string text = ok(job + "--epochs 5 --threads 1 --energy tdp:100 --output run");
  const json energy = json_file("run/summary.json")["energy"];
  EXPECT_EQ(energy["estimated"], true);
  EXPECT_EQ(energy["sources"], json({"tdp:100"}));
  EXPECT_GT(energy["joules"], 0);
  EXPECT_LE(energy["average_watts"], 105);
  EXPECT_THAT(text, HasSubstr("an estimate"));
}

TEST_F(Energy, MayBeLeftAlone) {
  const auto machine = start_package(262'143'328'850);
  const std::string text = ok("--model mlp64 --epochs 1 --threads 1 --energy none --output run");
  EXPECT_TRUE(json_file("run/summary.json")["energy"]["joules"].is_null());
  EXPECT_EQ(count_of(text, "energy"), 0u);
}

TEST_F(Energy, DoctorNamesTheSourcesAndWhyTheyAreNot) {
  powercap_.emplace(root_);
  powercap_->add_package(0);
  const std::string text = ok("doctor");
  EXPECT_THAT(text, HasSubstr("[X] rapl"));
  EXPECT_THAT(text, HasSubstr("rapl:package-0"));
  EXPECT_THAT(text, HasSubstr("[ ] cray"));
  EXPECT_THAT(text, HasSubstr("not a Cray"));
  EXPECT_THAT(text, HasSubstr("/no/such/library"));
}

TEST_F(Energy, BadChoicesAreBadUsage) {
  for (const char* choice : {"coal", "tdp:", "tdp:-1"}) {
    const Finished finished = dtrain(fmt::format("--energy {} --dry-run", choice));
    EXPECT_EQ(finished.code, 2);
    EXPECT_THAT(finished.err, HasSubstr(choice));
  }
}

}  // namespace
}  // namespace dtrain::test
