// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Whole jobs on made-up machines: what is counted, by whom, and what is not known.

#include "measure/energy_meter.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cstdio>
#include <limits>

#include "tests/measure/fake_counters.hpp"
#include "tests/support/run_ranks.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dtrain::measure {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Time that passes when told to; meanwhile `at_sleep` may let the machine use energy.
class FakeClock : public EnergyClock {
 public:
  explicit FakeClock(double& now, std::function<void(double)> at_sleep = {})
      : now_(now), at_sleep_(std::move(at_sleep)) {}
  double now() override { return now_; }
  void sleep(double seconds) override {
    now_ += seconds;
    if (at_sleep_) at_sleep_(seconds);
  }

 private:
  double& now_;
  std::function<void(double)> at_sleep_;
};

/// Some ranks of a job that shows them as if they ran `per_node` to a node.
class OnNodes : public comm::Communicator {
 public:
  OnNodes(comm::Communicator& all, int per_node) : all_(all), per_node_(per_node) {}
  int rank() const override { return all_.rank(); }
  int size() const override { return all_.size(); }
  int local_rank() const override { return all_.rank() % per_node_; }
  int local_size() const override { return per_node_; }
  int numa_domains() const override { return nodes(); }
  int nodes() const override { return all_.size() / per_node_; }
  std::string name() const override { return all_.name(); }
  void allreduce(std::span<double> data, comm::ReduceOp op) override { all_.allreduce(data, op); }
  void allreduce(std::span<std::int64_t> data, comm::ReduceOp op) override {
    all_.allreduce(data, op);
  }
  void broadcast(std::span<std::byte> data, int root) override { all_.broadcast(data, root); }
  std::vector<std::vector<std::byte>> all_gather(std::span<const std::byte> data) override {
    return all_.all_gather(data);
  }
  void barrier() override { all_.barrier(); }
  bool has_shared_memory(std::size_t bytes) override { return all_.has_shared_memory(bytes); }
  std::unique_ptr<comm::Collective> make_collective(
      const comm::CollectiveOptions& options) override {
    return all_.make_collective(options);
  }
  std::unique_ptr<comm::NodeGroup> make_node_group() override { return all_.make_node_group(); }
  [[noreturn]] void abort(int code) override {
    all_.abort(code);
    std::abort();
  }
  int node() const { return rank() / per_node_; }

 private:
  comm::Communicator& all_;
  int per_node_;
};

class Meter : public testing::Test {
 protected:
  Meter() : gpus_(folder_.path() / "gpus") { setenv("FAKE_NVML_GPUS", gpus_.c_str(), 1); }

  fs::path node(int number) const { return folder_.path() / fmt::format("node{}", number); }
  EnergyOptions options(int node_number = 0, const std::string& choice = "auto") const {
    EnergyOptions options;
    options.choice = parse_energy_choice(choice);
    options.request.sysfs_root = node(node_number);
    options.request.proc_stat = node(node_number) / "stat";
    options.request.nvml_library = FAKE_NVML;
    options.host = fmt::format("node{}", node_number);
    return options;
  }
  /// For one rank alone, on node 0.
  std::unique_ptr<EnergyMeter> alone(const EnergyOptions& options,
                                     std::function<void(double)> at_sleep = {}) {
    return std::make_unique<EnergyMeter>(*self_, options,
                                         std::make_unique<FakeClock>(now_, std::move(at_sleep)));
  }

  TemporaryFolder folder_;
  fs::path gpus_;
  std::unique_ptr<comm::Communicator> self_ = comm::make_self_communicator();
  std::unique_ptr<kernels::Stream> stream_ = kernels::make_host_device()->make_stream();
  double now_ = 1000;
};

TEST_F(Meter, IntegratesAKnownPowerThroughWraps) {
  FakePowercap powercap(node(0), 65'532'610'987);
  powercap.add_package(0, 64'000);
  powercap.add_package(1, 100);
  const auto meter = alone(options());
  meter->lap(*stream_);
  double total = 0;
  for (int epoch = 0; epoch < 10; ++epoch) {  // 2 x 210 W for 100 s: package 0 wraps twice
    now_ += 100;
    powercap.use_packages(2, 210 * 100);
    const EnergyWindow window = meter->lap(*stream_);
    ASSERT_TRUE(window.gross());
    EXPECT_NEAR(*window.gross(), 42'000, 1e-3);
    EXPECT_LT(*window.uncertainty(), 1);  // a millisecond at 420 W
    EXPECT_FALSE(window.net());           // idle was not measured
    total += *window.gross();
  }
  EXPECT_NEAR(total, 420'000, 1e-2);
  EXPECT_THAT(meter->facts().sources,
              ElementsAre("rapl:dram-0", "rapl:dram-1", "rapl:package-0", "rapl:package-1"));
  EXPECT_FALSE(meter->facts().estimated);
}

TEST_F(Meter, TakesWhatAnIdleMachineUsesOff) {
  FakePowercap powercap(node(0));
  powercap.add_package(0);
  const auto meter =
      alone(options(), [&](double seconds) { powercap.use_packages(1, 40 * seconds); });
  EXPECT_FALSE(meter->facts().idle_watts);
  meter->measure_idle();
  ASSERT_TRUE(meter->facts().idle_watts);
  EXPECT_NEAR(*meter->facts().idle_watts, 40, 1e-3);
  now_ += 20;
  powercap.use_packages(1, 100 * 20);
  const EnergyWindow window = meter->lap(*stream_);
  EXPECT_NEAR(window.gross().value(), 2000, 1e-3);
  EXPECT_NEAR(window.net().value(), 1200, 0.1);
}

TEST_F(Meter, WindowsAddUpAndWhatIsUnknownStaysSo) {
  EnergyWindow sum = EnergyWindow{100, 10, 3} + EnergyWindow{50, 20, 4};
  EXPECT_EQ(sum.gross(), 150.0);
  EXPECT_EQ(sum.net(), 120.0);
  EXPECT_EQ(sum.uncertainty(), 5.0);
  sum += EnergyWindow::unknown();
  EXPECT_FALSE(sum.gross());
  EXPECT_FALSE(sum.net());
  EXPECT_FALSE(sum.uncertainty());
  EXPECT_FALSE(EnergyWindow{}.gross());  // nothing happened: not 0 joules
}

TEST_F(Meter, AMachineWithoutCountersHasNoEnergyAndSaysWhy) {
  const auto meter = alone(options());
  meter->measure_idle();
  EXPECT_EQ(now_, 1000) << "rested for nothing";
  EXPECT_FALSE(meter->lap(*stream_).gross());
  const EnergyFacts facts = meter->facts();
  EXPECT_THAT(facts.sources, IsEmpty());
  EXPECT_FALSE(facts.idle_watts);
  ASSERT_EQ(facts.problems.size(), 1u);
  EXPECT_THAT(facts.problems[0], HasSubstr("cray: "));
  EXPECT_THAT(facts.problems[0], HasSubstr("rapl: "));
}

// docs/energy.md has the figure that this prints. An epoch has three laps: before training, behind it,
// and behind evaluation.
TEST_F(Meter, CostsLessThanAFifthOfAPercentOfAnEpochOfASecond) {
  constexpr int windows = 5, laps = 200;
  FakePowercap powercap(node(0));
  powercap.add_package(0);
  powercap.add_package(1);
  EnergyMeter meter(*self_, options());  // on the true clock
  double least = std::numeric_limits<double>::infinity();
  for (int window = 0; window < windows; ++window) {
    const auto begin = std::chrono::steady_clock::now();
    for (int lap = 0; lap < laps; ++lap) meter.lap(*stream_);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    least = std::min(least, time.count() / laps);
  }
  std::printf("a lap of four counters costs %.1f us\n", 1e6 * least);
  EXPECT_LT(3 * least, 0.002 * 1);
}

TEST_F(Meter, NoneLooksForNothing) {
  FakePowercap(node(0)).add_package(0);
  const auto meter = alone(options(0, "none"));
  EXPECT_FALSE(meter->lap(*stream_).gross());
  EXPECT_THAT(meter->facts().sources, IsEmpty());
  EXPECT_THAT(meter->facts().problems, IsEmpty());
  EXPECT_FALSE(meter->facts().is_wanted);
}

TEST_F(Meter, ACounterThatIsLostMidRunIsUnknownFromThereOn) {
  FakePowercap powercap(node(0));
  powercap.add_package(0);
  const auto meter = alone(options());
  now_ += 10;
  powercap.use_packages(1, 500);
  EXPECT_NEAR(meter->lap(*stream_).gross().value(), 500, 1e-3);
  fs::remove(powercap.counter("0:1"));
  for (int i = 0; i < 2; ++i) {
    now_ += 10;
    EXPECT_FALSE(meter->lap(*stream_).gross());
  }
  EXPECT_THAT(meter->facts().problems, ElementsAre(HasSubstr("No such file")));
}

TEST_F(Meter, ACounterThatStandsStillIsNoZero) {
  FakePowercap(node(0)).add_package(0);
  const auto meter = alone(options());
  now_ += 10;
  EXPECT_FALSE(meter->lap(*stream_).gross());
  EXPECT_THAT(meter->facts().problems, ElementsAre(HasSubstr("stood still for 10.0 s")));
}

TEST_F(Meter, AWindowTooShortForTheCounterIsUnknown) {
  write_cray(node(0), 0);  // ten updates a second, whole joules
  const auto meter = alone(options());
  now_ += 0.08;
  EXPECT_FALSE(meter->lap(*stream_).gross()) << "no update yet";
  now_ += 0.08;
  write_cray(node(0), 30);
  EXPECT_FALSE(meter->lap(*stream_).gross()) << "may be all from before";
  now_ += 0.5;
  write_cray(node(0), 230);
  const EnergyWindow coarse = meter->lap(*stream_);
  EXPECT_EQ(coarse.gross(), 200.0);
  EXPECT_NEAR(coarse.uncertainty().value(), 41, 1e-9);  // 0.1 s of 400 W, and a joule
  EXPECT_THAT(meter->facts().problems, IsEmpty());
  EXPECT_EQ(meter->facts().resolution_seconds, 0.1);
}

TEST_F(Meter, AnEstimateSaysSo) {
  write_proc_stat(node(0) / "stat", 2, 0);
  const auto meter = alone(options(0, "tdp:100"));
  meter->measure_idle();
  EXPECT_EQ(meter->facts().idle_watts, 0.0);
  now_ += 10;
  write_proc_stat(node(0) / "stat", 2, 10 * sysconf(_SC_CLK_TCK));  // one of two cores
  EXPECT_NEAR(meter->lap(*stream_).gross().value(), 500, 1e-9);
  EXPECT_TRUE(meter->facts().estimated);
  EXPECT_THAT(meter->facts().sources, ElementsAre("tdp:100"));
}

TEST_F(Meter, ASourceByNameIsTheOnlyOne) {
  FakePowercap powercap(node(0));
  powercap.add_package(0);
  write_cray(node(0), 0);
  EXPECT_THAT(alone(options())->facts().sources, ElementsAre("cray:energy"));
  EXPECT_THAT(alone(options(0, "rapl"))->facts().sources,
              ElementsAre("rapl:dram-0", "rapl:package-0"));
  EXPECT_THAT(alone(options(0, "nvml"))->facts().problems, ElementsAre(HasSubstr("no GPU")));
  write_gpus(gpus_, {{"GPU-a", "0"}, {"GPU-b", "0"}});
  EXPECT_THAT(alone(options(0, "nvml"))->facts().sources, ElementsAre("nvml"));
}

/// Runs ranks, two of them to a node where there are several nodes; lets the machines use energy once
/// all ranks have a meter, and returns the window that all ranks then see.
struct JobRun {
  std::vector<EnergyWindow> windows;  ///< of each rank
  EnergyFacts facts;
};
JobRun run_job(int ranks, int per_node,
               const std::function<EnergyOptions(int rank, int node)>& options,
               const std::function<void()>& use_energy) {
  JobRun result;
  result.windows.resize(static_cast<std::size_t>(ranks));
  test::run_ranks(ranks, [&](comm::Communicator& all) {
    OnNodes communicator(all, per_node);
    double now = 0;
    EnergyMeter meter(communicator, options(all.rank(), communicator.node()),
                      std::make_unique<FakeClock>(now));
    const auto stream = kernels::make_host_device()->make_stream();
    meter.lap(*stream);
    if (all.is_root()) use_energy();
    now += 10;
    result.windows[static_cast<std::size_t>(all.rank())] = meter.lap(*stream);
    const EnergyFacts facts = meter.facts();
    if (all.is_root()) result.facts = facts;
  });
  return result;
}

TEST_F(Meter, EightRanksOnANodeCountItOnce) {
  FakePowercap powercap(node(0));
  powercap.add_package(0);
  powercap.add_package(1);
  const JobRun run = run_job(
      8, 8, [&](int, int) { return options(); }, [&] { powercap.use_packages(2, 600); });
  for (const EnergyWindow& window : run.windows) EXPECT_NEAR(window.gross().value(), 1200, 1e-3);
}

TEST_F(Meter, NodesAddUp) {
  FakePowercap first(node(0)), second(node(1));
  first.add_package(0);
  second.add_package(0);
  second.add_package(1);
  const JobRun run = run_job(
      6, 3, [&](int, int on) { return options(on); },
      [&] {
        first.use_packages(1, 100);
        second.use_packages(2, 250);
      });
  for (const EnergyWindow& window : run.windows) EXPECT_NEAR(window.gross().value(), 600, 1e-3);
  EXPECT_THAT(run.facts.sources,
              ElementsAre("rapl:dram-0", "rapl:dram-1", "rapl:package-0", "rapl:package-1"));
}

TEST_F(Meter, PartOfASumIsNoSum) {
  FakePowercap powercap(node(0));
  powercap.add_package(0);
  const JobRun run = run_job(
      4, 2, [&](int, int on) { return options(on); }, [&] { powercap.use_packages(1, 100); });
  for (const EnergyWindow& window : run.windows) EXPECT_FALSE(window.gross());
  EXPECT_THAT(run.facts.sources, IsEmpty());
  EXPECT_THAT(run.facts.problems, ElementsAre(HasSubstr("(on node1)")));
}

TEST_F(Meter, WhatIsWrongOnAllNodesIsSaidOnce) {
  const JobRun run = run_job(
      6, 2, [&](int, int) { return options(); }, [] {});
  ASSERT_EQ(run.facts.problems.size(), 1u);
}

// Ranks 0 and 1 share a GPU of node 0, rank 2 has another one; ranks 3 to 5 the same on node 1, whose
// GPUs have the same names, as made-up ones may.
EnergyOptions with_gpu(EnergyOptions options, int rank) {
  options.gpu = rank % 3 < 2 ? "GPU-a" : "GPU-b";
  return options;
}

TEST_F(Meter, EachGpuIsCountedOnceBesideItsNode) {
  FakePowercap first(node(0)), second(node(1));
  first.add_package(0);
  second.add_package(0);
  write_gpus(gpus_, {{"GPU-a", "1000"}, {"GPU-b", "1000"}, {"GPU-unused", "1000"}});
  const JobRun run = run_job(
      6, 3, [&](int rank, int on) { return with_gpu(options(on), rank); },
      [&] {
        first.use_packages(1, 100);
        second.use_packages(1, 100);
        write_gpus(gpus_, {{"GPU-a", "701000"}, {"GPU-b", "301000"}, {"GPU-unused", "9001000"}});
      });
  for (const EnergyWindow& window : run.windows)
    EXPECT_NEAR(window.gross().value(), 2 * (100 + 700 + 300), 1e-3);
  EXPECT_THAT(run.facts.sources, ElementsAre("nvml", "rapl:dram-0", "rapl:package-0"));
}

TEST_F(Meter, ANodesCounterThatIncludesGpusIsEnough) {
  write_cray(node(0), 0);
  write_gpus(gpus_, {{"GPU-a", "0"}, {"GPU-b", "0"}});
  const JobRun run = run_job(
      3, 3, [&](int rank, int on) { return with_gpu(options(on), rank); },
      [&] {
        write_cray(node(0), 900);
        write_gpus(gpus_, {{"GPU-a", "300000"}, {"GPU-b", "300000"}});
      });
  for (const EnergyWindow& window : run.windows) EXPECT_EQ(window.gross(), 900.0);
  EXPECT_THAT(run.facts.sources, ElementsAre("cray:energy"));
}

TEST_F(Meter, GpusAloneAreCountedWhereNodesCannotBeAndThatIsSaid) {
  write_gpus(gpus_, {{"GPU-a", "0"}, {"GPU-b", "0"}});
  const JobRun run = run_job(
      3, 3, [&](int rank, int on) { return with_gpu(options(on), rank); },
      [&] {
        write_gpus(gpus_, {{"GPU-a", "300000"}, {"GPU-b", "500000"}});
      });
  for (const EnergyWindow& window : run.windows) EXPECT_NEAR(window.gross().value(), 800, 1e-6);
  EXPECT_THAT(run.facts.sources, ElementsAre("nvml"));
  EXPECT_THAT(run.facts.problems, ElementsAre(HasSubstr("rapl: ")));
}

}  // namespace
}  // namespace dtrain::measure
