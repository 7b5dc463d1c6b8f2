// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Counters of machines that tests make up: trees of files as the kernel lays them out, and what the
// made-up NVML library (fake_nvml.cpp) says.

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace dtrain::measure {

namespace fs = std::filesystem;

/// Readers see the old text or the new one.
inline void replace_file(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  const fs::path next = file.string() + ".next";
  std::ofstream(next) << text;
  fs::rename(next, file);
}

/// Powercap zones under `root`.
class FakePowercap {
 public:
  explicit FakePowercap(fs::path root, std::uint64_t range_uj = 262'143'328'850)
      : root_(std::move(root)), range_uj_(range_uj) {}

  /// `zone`: "0" or "0:1"; counts from `start_joules`.
  void add(const std::string& zone, const std::string& name, double start_joules = 0) {
    write(folder(zone) / "name", name);
    write(folder(zone) / "max_energy_range_uj", std::to_string(range_uj_));
    joules_[zone] = start_joules;
    show(zone);
  }
  /// A package with its dram and core.
  void add_package(int number, double start_joules = 0) {
    const std::string zone = std::to_string(number);
    add(zone, "package-" + zone, start_joules);
    add(zone + ":0", "core");
    add(zone + ":1", "dram", start_joules);
  }
  void use(const std::string& zone, double joules) {
    joules_[zone] += joules;
    show(zone);
  }
  /// As add_package() made them: with `joules` each, a fifth of them in dram.
  void use_packages(int packages, double joules) {
    for (int package = 0; package < packages; ++package) {
      const std::string zone = std::to_string(package);
      use(zone, 0.8 * joules);
      use(zone + ":0", 0.7 * joules);
      use(zone + ":1", 0.2 * joules);
    }
  }
  fs::path counter(const std::string& zone) const { return folder(zone) / "energy_uj"; }

 private:
  fs::path folder(const std::string& zone) const {
    const fs::path top = root_ / "sys/class/powercap/intel-rapl";
    const fs::path package = top / ("intel-rapl:" + zone.substr(0, zone.find(':')));
    return zone.find(':') == std::string::npos ? package : package / ("intel-rapl:" + zone);
  }
  static void write(const fs::path& file, const std::string& text) {
    replace_file(file, text + "\n");
  }
  void show(const std::string& zone) {
    const auto microjoules = static_cast<std::uint64_t>(std::llround(joules_[zone] * 1e6));
    write(counter(zone), std::to_string(microjoules % range_uj_));
  }

  fs::path root_;
  std::uint64_t range_uj_;
  std::map<std::string, double> joules_;
};

inline void write_cray(const fs::path& root, std::int64_t joules) {
  replace_file(root / "sys/cray/pm_counters/energy",
               fmt::format("{} J 1700000000000000 us\n", joules));
}

/// `cores` cores that have been busy for so many ticks together.
inline void write_proc_stat(const fs::path& file, int cores, std::int64_t busy_ticks) {
  std::string text = fmt::format("cpu  {} 0 0 5000 70 0 0 9 0 0\n", busy_ticks);
  for (int core = 0; core < cores; ++core) text += fmt::format("cpu{} 1 0 0 5 0 0 0 0 0 0\n", core);
  replace_file(file, text + "intr 12345\n");
}

/// UUID -> millijoules, or "unsupported".
inline void write_gpus(const fs::path& file, const std::map<std::string, std::string>& gpus) {
  std::string text;
  for (const auto& [uuid, millijoules] : gpus) text += fmt::format("{} {}\n", uuid, millijoules);
  replace_file(file, text);
}

}  // namespace dtrain::measure
