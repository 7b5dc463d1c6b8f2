// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "base/cores.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>

namespace dtrain {

std::vector<int> core_numbers() {
  // The kernel refuses masks smaller than its own: try larger ones.
  for (int cpus = 1024; cpus <= 1 << 20; cpus *= 4) {
    std::vector<std::byte> mask(CPU_ALLOC_SIZE(cpus));
    auto* const set = reinterpret_cast<cpu_set_t*>(mask.data());
    if (sched_getaffinity(0, mask.size(), set) != 0) continue;
    std::vector<int> numbers;
    for (int cpu = 0; cpu < cpus; ++cpu)
      if (CPU_ISSET_S(cpu, mask.size(), set)) numbers.push_back(cpu);
    return numbers;
  }
  return {};
}

int available_cores() {
  const auto in_mask = static_cast<int>(core_numbers().size());
  return in_mask > 0 ? in_mask : std::max(1, static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)));
}

}  // namespace dtrain
