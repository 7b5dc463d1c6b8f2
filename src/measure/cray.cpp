// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// HPE Cray EX power counters: /sys/cray/pm_counters/energy, "12345 J 1700000000000000 us", whole
// joules of the node, accelerators included, brought up to date ten times a second.

#include <fmt/format.h>

#include "measure/counter_file.hpp"
#include "measure/energy_source.hpp"

namespace dtrain::measure {
namespace {

class Cray : public EnergySource {
 public:
  explicit Cray(std::filesystem::path file) : file_(std::move(file)), first_(read_counter(file_)) {}

  double read_joules() override {
    const std::uint64_t now = read_counter(file_);
    if (now < first_) throw Error(fmt::format("{} started again from 0", file_.string()));
    return static_cast<double>(now - first_);
  }
  std::vector<std::string> counters() const override { return {"cray:energy"}; }
  EnergyScope scope() const override { return EnergyScope::node_with_gpus; }
  EnergyResolution resolution() const override { return {0.1, 1}; }

 private:
  std::filesystem::path file_;
  std::uint64_t first_;
};

}  // namespace

EnergyOffer open_cray(const EnergyRequest& request) {
  const std::filesystem::path file = request.sysfs_root / "sys/cray/pm_counters/energy";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored))
    return {nullptr, fmt::format("no {}: not a Cray", file.string())};
  try {
    return {std::make_unique<Cray>(file), ""};
  } catch (const CounterError& error) {
    return {nullptr,
            fmt::format("{}{}", error.what(),
                        error.is_permission() ? ". Ask the administrator for read access" : "")};
  }
}

}  // namespace dtrain::measure
