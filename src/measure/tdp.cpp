// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// The estimate that a user declares: joules = watts x busy core-seconds / cores, from /proc/stat
// (proc(5)). An idle machine uses nothing in it, and a busy core the same whatever it computes.

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "measure/energy_source.hpp"

namespace dtrain::measure {
namespace {

struct CpuTime {
  double busy_seconds = 0;  ///< over all cores, since boot
  int cores = 0;
};

CpuTime read_cpu_time(const std::filesystem::path& file) {
  std::ifstream stream(file);
  CpuTime time;
  for (std::string line; std::getline(stream, line) && line.starts_with("cpu");) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (name != "cpu") {
      ++time.cores;
      continue;
    }
    // user nice system idle iowait irq softirq; what follows is in these or is other machines' time.
    std::array<double, 7> ticks{};
    for (double& tick : ticks) words >> tick;
    if (!words) break;
    time.busy_seconds = (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) /
                        static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  if (time.cores == 0)
    throw Error(fmt::format("{} does not tell how busy the cores are", file.string()));
  return time;
}

class Tdp : public EnergySource {
 public:
  Tdp(std::filesystem::path file, double watts)
      : file_(std::move(file)), watts_(watts), first_(read_cpu_time(file_)) {}

  double read_joules() override {
    const double busy = read_cpu_time(file_).busy_seconds - first_.busy_seconds;
    return watts_ * busy / first_.cores;
  }
  std::vector<std::string> counters() const override { return {fmt::format("tdp:{}", watts_)}; }
  EnergyScope scope() const override { return EnergyScope::node; }
  /// Linux counts in ticks, on each core.
  EnergyResolution resolution() const override {
    return {1.0 / static_cast<double>(sysconf(_SC_CLK_TCK)), 0};
  }
  bool is_estimate() const override { return true; }

 private:
  std::filesystem::path file_;
  double watts_;
  CpuTime first_;
};

}  // namespace

EnergyOffer open_tdp(const EnergyRequest& request) {
  try {
    return {std::make_unique<Tdp>(request.proc_stat, request.tdp_watts), ""};
  } catch (const Error& error) {
    return {nullptr, error.what()};
  }
}

}  // namespace dtrain::measure
