// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// What each source makes of counters that we know.

#include "measure/energy_sources.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include "base/error.hpp"
#include "tests/measure/fake_counters.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dtrain::measure {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Sources : public testing::Test {
 protected:
  Sources() {
    request_.sysfs_root = folder_.path();
    request_.proc_stat = folder_.path() / "stat";
    request_.nvml_library = FAKE_NVML;
    gpus_ = folder_.path() / "gpus";
    setenv("FAKE_NVML_GPUS", gpus_.c_str(), 1);
  }
  TemporaryFolder folder_;
  EnergyRequest request_;
  fs::path gpus_;
};

using Rapl = Sources;
using Cray = Sources;
using Nvml = Sources;
using Tdp = Sources;

TEST_F(Rapl, AddsPackagesAndTheirMemory) {
  FakePowercap powercap(folder_.path());
  powercap.add_package(0, 17);
  powercap.add_package(1, 4000);
  const EnergyOffer offer = open_rapl(request_);
  ASSERT_TRUE(offer.available()) << offer.why_not;
  EXPECT_EQ(offer.source->read_joules(), 0);
  powercap.use_packages(2, 125);
  EXPECT_NEAR(offer.source->read_joules(), 250, 1e-5);
  powercap.use("1:1", 0.5);  // one of the two drams
  EXPECT_NEAR(offer.source->read_joules(), 250.5, 1e-5);
  EXPECT_THAT(offer.source->counters(),
              ElementsAre("rapl:package-0", "rapl:dram-0", "rapl:package-1", "rapl:dram-1"));
  EXPECT_EQ(offer.source->scope(), EnergyScope::node);
}

TEST_F(Rapl, CountsAZoneThatIsShownTwiceOnce) {
  FakePowercap powercap(folder_.path());
  powercap.add_package(0);
  const fs::path top = folder_.path() / "sys/class/powercap";
  fs::create_directory_symlink(top / "intel-rapl/intel-rapl:0", top / "intel-rapl:0");
  fs::create_directory_symlink(top / "intel-rapl/intel-rapl:0/intel-rapl:0:1",
                               top / "intel-rapl:0:1");
  const EnergyOffer offer = open_rapl(request_);
  ASSERT_TRUE(offer.available()) << offer.why_not;
  powercap.use_packages(1, 10);
  EXPECT_NEAR(offer.source->read_joules(), 10, 1e-5);
}

TEST_F(Rapl, KnowsThatACounterWraps) {
  FakePowercap powercap(folder_.path(), 65'532'610'987);
  powercap.add_package(0, 65'000);
  const EnergyOffer offer = open_rapl(request_);
  ASSERT_TRUE(offer.available()) << offer.why_not;
  double used = 0;
  for (int i = 0; i < 7; ++i) {  // package and dram both wrap, at different times
    powercap.use_packages(1, 40'000);
    used += 40'000;
    EXPECT_NEAR(offer.source->read_joules(), used, 1e-3);
  }
}

TEST_F(Rapl, AsksToBeReadBeforeACounterWrapsTwice) {
  FakePowercap small(folder_.path(), 20'000'000);  // 20 J
  small.add_package(0);
  const EnergyOffer offer = open_rapl(request_);
  ASSERT_TRUE(offer.available()) << offer.why_not;
  const auto gap = offer.source->longest_gap();
  ASSERT_TRUE(gap.has_value());
  EXPECT_LE(gap->count(), 20);  // at 1 kW it wraps every 20 ms
  EXPECT_GE(gap->count(), 1);
}

TEST_F(Rapl, ThePlatformIncludesItsPackages) {
  FakePowercap powercap(folder_.path());
  powercap.add_package(0);
  powercap.add("1", "psys");
  const EnergyOffer offer = open_rapl(request_);
  ASSERT_TRUE(offer.available()) << offer.why_not;
  powercap.use_packages(1, 100);
  powercap.use("1", 180);
  EXPECT_NEAR(offer.source->read_joules(), 180, 1e-5);
  EXPECT_THAT(offer.source->counters(), ElementsAre("rapl:psys"));
  EXPECT_EQ(offer.source->scope(), EnergyScope::node_with_gpus);
}

/// Whoever runs the test: somebody else, who may not read what is not allowed to all.
class AsNobody {
 public:
  AsNobody() {
    if (geteuid() == 0 && seteuid(65534) != 0) throw std::runtime_error("cannot become nobody");
  }
  ~AsNobody() {
    if (getuid() == 0 && seteuid(0) != 0) std::abort();
  }
};

TEST_F(Rapl, SaysWhatTheAdministratorCanDo) {
  FakePowercap powercap(folder_.path());
  powercap.add_package(0);
  fs::permissions(folder_.path(), fs::perms(0755));
  fs::permissions(powercap.counter("0"), fs::perms::none);
  const AsNobody nobody;
  const EnergyOffer offer = open_rapl(request_);
  EXPECT_FALSE(offer.available());
  EXPECT_THAT(offer.why_not, HasSubstr("Permission denied"));
  EXPECT_THAT(offer.why_not, HasSubstr("chmod a+r"));
}

TEST_F(Rapl, WhatIsNoCounterIsNotAvailable) {
  FakePowercap powercap(folder_.path());
  powercap.add_package(0);
  replace_file(powercap.counter("0:1"), "\n");
  EXPECT_THAT(open_rapl(request_).why_not, HasSubstr("holds no number"));
  fs::remove(powercap.counter("0:1"));
  EXPECT_THAT(open_rapl(request_).why_not, HasSubstr("No such file"));
  fs::remove_all(folder_.path() / "sys");
  EXPECT_THAT(open_rapl(request_).why_not, HasSubstr("virtual machine"));
}

TEST_F(Rapl, ThrowsWhenACounterIsLost) {
  FakePowercap powercap(folder_.path());
  powercap.add_package(0);
  const EnergyOffer offer = open_rapl(request_);
  ASSERT_TRUE(offer.available()) << offer.why_not;
  fs::remove(powercap.counter("0"));
  EXPECT_THROW(offer.source->read_joules(), Error);
}

TEST_F(Cray, CountsTheNodeWithItsGpus) {
  EXPECT_THAT(open_cray(request_).why_not, HasSubstr("not a Cray"));
  write_cray(folder_.path(), 123'456);
  const EnergyOffer offer = open_cray(request_);
  ASSERT_TRUE(offer.available()) << offer.why_not;
  write_cray(folder_.path(), 123'999);
  EXPECT_EQ(offer.source->read_joules(), 543);
  EXPECT_EQ(offer.source->scope(), EnergyScope::node_with_gpus);
  EXPECT_EQ(offer.source->resolution().seconds, 0.1);
  write_cray(folder_.path(), 3);
  EXPECT_THROW(offer.source->read_joules(), Error);
}

TEST_F(Nvml, CountsTheGpusThatAreNamed) {
  write_gpus(gpus_, {{"GPU-a", "1000"}, {"GPU-b", "50000"}, {"GPU-c", "7"}});
  request_.gpus = {"GPU-b"};
  const EnergyOffer one = open_nvml(request_);
  request_.gpus.clear();
  const EnergyOffer all = open_nvml(request_);
  ASSERT_TRUE(one.available()) << one.why_not;
  ASSERT_TRUE(all.available()) << all.why_not;
  write_gpus(gpus_, {{"GPU-a", "2500"}, {"GPU-b", "52000"}, {"GPU-c", "7"}});
  EXPECT_DOUBLE_EQ(one.source->read_joules(), 2.0);
  EXPECT_DOUBLE_EQ(all.source->read_joules(), 3.5);
  EXPECT_THAT(all.source->counters(), ElementsAre("nvml"));
}

TEST_F(Nvml, KnowsAGpuByTheDigitsOfItsUuid) {
  write_gpus(gpus_, {{"GPU-01234567-89ab-cdef-0123-456789abcdef", "1000"}, {"GPU-b", "1"}});
  request_.gpus = {"0123456789abcdef0123456789abcdef"};
  EXPECT_TRUE(open_nvml(request_).available()) << open_nvml(request_).why_not;
  request_.gpus = {"1123456789abcdef0123456789abcdef"};
  EXPECT_FALSE(open_nvml(request_).available());
}

TEST_F(Nvml, SaysWhyThereIsNone) {
  EXPECT_THAT(open_nvml(request_).why_not, HasSubstr("no GPU"));
  write_gpus(gpus_, {{"GPU-a", "unsupported"}});
  EXPECT_THAT(open_nvml(request_).why_not, HasSubstr("before Volta"));
  request_.gpus = {"GPU-x"};
  EXPECT_THAT(open_nvml(request_).why_not, HasSubstr("Not Found"));
  request_.nvml_library = "libc.so.6";
  EXPECT_THAT(open_nvml(request_).why_not, HasSubstr("has no nvml"));
  request_.nvml_library = "/no/such/library.so";
  EXPECT_THAT(open_nvml(request_).why_not, HasSubstr("/no/such/library.so"));
}

TEST_F(Tdp, IsWattsTimesTheShareOfBusyCores) {
  const auto ticks = sysconf(_SC_CLK_TCK);
  write_proc_stat(request_.proc_stat, 4, 1000);
  request_.tdp_watts = 200;
  const EnergyOffer offer = open_tdp(request_);
  ASSERT_TRUE(offer.available()) << offer.why_not;
  EXPECT_EQ(offer.source->read_joules(), 0);
  write_proc_stat(request_.proc_stat, 4,
                  1000 + 30 * ticks);  // one core for 30 s, or three for 10 s
  EXPECT_DOUBLE_EQ(offer.source->read_joules(), 30 * 200 / 4.0);
  EXPECT_TRUE(offer.source->is_estimate());
  replace_file(request_.proc_stat, "btime 17\n");
  EXPECT_THROW(offer.source->read_joules(), Error);
  EXPECT_FALSE(open_tdp(request_).available());
}

TEST_F(Tdp, ReadsThisMachine) {
  request_.proc_stat = EnergyRequest().proc_stat;
  request_.tdp_watts = 100;
  EXPECT_TRUE(open_tdp(request_).available()) << open_tdp(request_).why_not;
}

TEST(EnergyChoice, IsASourceOrAWayToChoose) {
  using Kind = EnergyChoice::Kind;
  EXPECT_EQ(parse_energy_choice("auto").kind, Kind::automatic);
  EXPECT_EQ(parse_energy_choice("none").kind, Kind::none);
  EXPECT_EQ(parse_energy_choice("rapl").source->name, "rapl");
  EXPECT_EQ(parse_energy_choice("tdp:280.5").tdp_watts, 280.5);
  for (const char* bad : {"", "RAPL", "tdp", "tdp:", "tdp:0", "tdp:-3", "tdp:nan", "tdp:inf",
                          "tdp:65W", "tdp: 65", "tdp:1e999"})
    EXPECT_THROW(parse_energy_choice(bad), UsageError) << bad;
}

}  // namespace
}  // namespace dtrain::measure
