// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <fmt/core.h>
#include <sys/utsname.h>

#include <fstream>

#include "kernels/cpu/instruction_set.hpp"
#include "kernels/device/device.hpp"

namespace dtrain::kernels {
namespace {

/// As /proc/cpuinfo says, or the machine's architecture.
std::string model_name() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  utsname machine{};
  uname(&machine);
  return machine.machine;
}

}  // namespace

std::string processor_name() {
  return fmt::format("{}, {}", model_name(), to_string(cpu::best_instruction_set()));
}

}  // namespace dtrain::kernels
