// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <string>

#include "measure/hardware_probe.hpp"

// What the operating system says of this process (proc(5)).

namespace dtrain::measure {
namespace {

/// The rest of the first line of `file` that begins with `key`, after the colon; empty if none
/// does.
std::string proc_value(const char* file, const std::string& key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

std::int64_t status_bytes(const std::string& key) {
  const std::string kilobytes = proc_value("/proc/self/status", key);
  return kilobytes.empty() ? 0 : std::stoll(kilobytes) * 1024;
}

/// Field 3 and what follows of /proc/<process>/stat, from the blank before it; the second field,
/// "(name)", may hold blanks. Empty: there is no such process.
std::string stat_fields(const std::string& process) {
  std::ifstream stream("/proc/" + process + "/stat");
  std::string line;
  std::getline(stream, line);
  const std::size_t name_end = line.rfind(')');
  return name_end == std::string::npos ? "" : line.substr(name_end + 1);
}

}  // namespace

// Not getrusage's ru_maxrss, which a process inherits from the one that started it.
std::int64_t peak_rss_bytes() {
  return status_bytes("VmHWM");
}

std::int64_t rss_bytes() {
  return status_bytes("VmRSS");
}

char process_state(int pid) {
  const std::string fields = stat_fields(std::to_string(pid));
  return fields.size() > 1 ? fields[1] : '\0';
}

double seconds_since_process_start() {
  // Field 22 of stat, in clock ticks since boot.
  const std::string line = stat_fields("self");
  std::size_t at = line.empty() ? std::string::npos : 0;
  for (int field = 3; field < 22 && at != std::string::npos; ++field) at = line.find(' ', at + 1);
  if (at == std::string::npos) return 0;
  const double started = std::stod(line.substr(at)) / static_cast<double>(sysconf(_SC_CLK_TCK));
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9 - started;
}

}  // namespace dtrain::measure
