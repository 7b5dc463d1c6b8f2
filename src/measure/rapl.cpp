// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// RAPL through Linux's powercap: microjoules in /sys/class/powercap/intel-rapl/intel-rapl:N[:M], on
// AMD under the same names. A zone is a package (one per socket), its dram, or psys, the platform as a
// whole; core and uncore lie inside package. Counters wrap: after max_energy_range_uj comes 0.
// Source: the kernel's Documentation/power/powercap/powercap.rst.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.hpp"
#include "measure/counter_file.hpp"
#include "measure/energy_source.hpp"

namespace dtrain::measure {
namespace {

namespace fs = std::filesystem;

/// One counter that wraps.
class Zone {
 public:
  /// Throws Error where it cannot be read.
  Zone(const fs::path& folder, std::string name)
      : name_(std::move(name)),
        file_(folder / "energy_uj"),
        range_(read_counter(folder / "max_energy_range_uj")),
        last_(read_counter(file_)) {}

  double read_joules() {
    const std::uint64_t now = read_counter(file_);
    const std::uint64_t unwrapped = now < last_ ? now + range_ : now;
    if (unwrapped < last_)
      throw Error(fmt::format("{} went back by more than its range", file_.string()));
    total_ += unwrapped - last_;
    last_ = now;
    return static_cast<double>(total_) * 1e-6;
  }
  const std::string& name() const { return name_; }
  double range_joules() const { return static_cast<double>(range_) * 1e-6; }

 private:
  std::string name_;
  fs::path file_;
  std::uint64_t range_, last_, total_ = 0;
};

/// The kernel shows a zone in several places; by its folder's name it is there once.
void find_zones(const fs::path& folder, std::map<std::string, fs::path>& zones) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("intel-rapl:") || !zones.emplace(name, entry.path()).second) continue;
    find_zones(entry.path(), zones);
  }
}

class Rapl : public EnergySource {
 public:
  explicit Rapl(std::vector<Zone> zones) : zones_(std::move(zones)) {}

  double read_joules() override {
    double joules = 0;
    for (Zone& zone : zones_) joules += zone.read_joules();
    return joules;
  }
  std::vector<std::string> counters() const override {
    std::vector<std::string> names;
    for (const Zone& zone : zones_) names.push_back("rapl:" + zone.name());
    return names;
  }
  EnergyScope scope() const override {
    return zones_.front().name() == "psys" ? EnergyScope::node_with_gpus : EnergyScope::node;
  }
  /// Updated about every millisecond; the unit is 61 microjoules at most.
  EnergyResolution resolution() const override { return {1e-3, 61e-6}; }
  /// A quarter of the time in which the smallest counter wraps at a kilowatt, which no zone uses.
  std::optional<std::chrono::milliseconds> longest_gap() const override {
    constexpr double most_watts = 1000;
    double seconds = 10;
    for (const Zone& zone : zones_)
      seconds = std::min(seconds, zone.range_joules() / most_watts / 4);
    return std::chrono::milliseconds(std::max(20LL, std::llround(seconds * 1e3)));
  }

 private:
  std::vector<Zone> zones_;
};

constexpr const char* ask_the_administrator =
    "Since Linux 5.10 it is root's alone, until the administrator allows it after each boot: chmod "
    "a+r "
    "/sys/class/powercap/intel-rapl:*/energy_uj (docs/energy.md)";

}  // namespace

EnergyOffer open_rapl(const EnergyRequest& request) {
  const fs::path powercap = request.sysfs_root / "sys/class/powercap";
  std::map<std::string, fs::path> folders;
  find_zones(powercap / "intel-rapl", folders);
  find_zones(powercap, folders);
  if (folders.empty())
    return {nullptr,
            fmt::format("no RAPL zones in {}: a virtual machine, a processor without it, or "
                        "its driver intel_rapl_msr is not loaded",
                        powercap.string())};

  std::vector<std::pair<std::string, fs::path>> parts, platform;
  for (const auto& [zone, folder] : folders) {
    const std::string name = read_line(folder / "name");
    if (name == "psys") platform.emplace_back(name, folder);
    if (name.starts_with("package")) parts.emplace_back(name, folder);
    if (name == "dram") {
      // The packages' drams have one name: the zone's number tells them apart.
      const std::string package = zone.substr(0, zone.find_last_of(':'));
      parts.emplace_back("dram-" + package.substr(package.find(':') + 1), folder);
    }
  }
  const auto& wanted = platform.empty() ? parts : platform;
  if (wanted.empty())
    return {nullptr,
            fmt::format("the RAPL zones in {} are neither packages nor psys", powercap.string())};
  try {
    std::vector<Zone> zones;
    for (const auto& [name, folder] : wanted) zones.emplace_back(folder, name);
    return {std::make_unique<Rapl>(std::move(zones)), ""};
  } catch (const CounterError& error) {
    return {nullptr, error.is_permission()
                         ? fmt::format("{}. {}", error.what(), ask_the_administrator)
                         : std::string(error.what())};
  }
}

}  // namespace dtrain::measure
