// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "base/numa.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "base/cores.hpp"

namespace dtrain {
namespace {

/// Is `core` in a list like "0-3,8-11"?
bool lists_core(const std::string& list, int core) {
  std::istringstream ranges(list);
  for (std::string range; std::getline(ranges, range, ',');) {
    std::istringstream numbers(range);
    int first = 0, last = 0;
    char dash = 0;
    if (!(numbers >> first)) continue;
    if (!(numbers >> dash >> last)) last = first;
    if (first <= core && core <= last) return true;
  }
  return false;
}

}  // namespace

std::optional<int> numa_domain_of(std::span<const int> cores, const std::filesystem::path& folder) {
  if (cores.empty()) return std::nullopt;
  std::error_code unreadable;
  for (const auto& entry : std::filesystem::directory_iterator(folder, unreadable)) {
    std::ifstream file(entry.path() / "cpulist");
    std::string list;
    int domain = 0;
    if (!std::getline(file, list) ||
        std::sscanf(entry.path().filename().c_str(), "node%d", &domain) != 1)
      continue;
    const auto is_here = [&](int core) { return lists_core(list, core); };
    if (std::ranges::all_of(cores, is_here)) return domain;
  }
  return std::nullopt;
}

std::optional<int> numa_domain() {
  const char* prefix = std::getenv("DTRAIN_SYSFS_ROOT");
  const std::string root = prefix == nullptr ? "" : prefix;
  return numa_domain_of(core_numbers(), root + "/sys/devices/system/node");
}

}  // namespace dtrain
