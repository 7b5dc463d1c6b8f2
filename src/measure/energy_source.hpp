// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Where joules are read. A source is one file and one row of energy_sources.cpp.

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dtrain::measure {

/// Which part of a machine a source counts. Those of one machine that overlap are never added up.
enum class EnergyScope { node, node_with_gpus, gpus };

/// How much a reading may be behind: by the time between two updates of the counter, and by its unit.
struct EnergyResolution {
  double seconds = 0;
  double joules = 0;
};

/// Counters of one machine that are added up. Used by one thread at a time.
class EnergySource {
 public:
  virtual ~EnergySource() = default;
  /// Joules used since the source was made, however often its counters have wrapped meanwhile. Throws
  /// Error where a counter cannot be read any more.
  virtual double read_joules() = 0;
  /// What it adds up: "rapl:package-0"; GPUs are not told apart.
  virtual std::vector<std::string> counters() const = 0;
  virtual EnergyScope scope() const = 0;
  virtual EnergyResolution resolution() const = 0;
  /// It must be read at least this often, or a wrap goes unseen.
  virtual std::optional<std::chrono::milliseconds> longest_gap() const { return std::nullopt; }
  /// Not a measurement but a model of one.
  virtual bool is_estimate() const { return false; }
};

/// A source, or why there is none, with what to do about it where somebody can.
struct EnergyOffer {
  std::unique_ptr<EnergySource> source;
  std::string why_not;
  bool available() const { return source != nullptr; }
};

/// What a source is to be opened for. Other members than its own are of no interest to it.
struct EnergyRequest {
  std::filesystem::path sysfs_root = "/";  ///< prefix of /sys, for RAPL and Cray counters
  std::filesystem::path proc_stat = "/proc/stat";
  std::string nvml_library = "libnvidia-ml.so.1";
  std::vector<std::string> gpus;  ///< UUIDs, as 32 digits or as NVML writes them; empty: all
  double tdp_watts = 0;           ///< of the whole node, all cores busy

  /// With DTRAIN_SYSFS_ROOT and DTRAIN_NVML, where they are set.
  static EnergyRequest from_environment();
};

EnergyOffer open_rapl(const EnergyRequest&);
EnergyOffer open_cray(const EnergyRequest&);
EnergyOffer open_nvml(const EnergyRequest&);
EnergyOffer open_tdp(const EnergyRequest&);

}  // namespace dtrain::measure
