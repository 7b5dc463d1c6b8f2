// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/slurm_energy.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace dtrain::measure {
namespace {

/// A number from the environment, for a command line.
std::optional<unsigned> number_in(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  const std::string_view all(text);
  unsigned number = 0;
  const auto [end, error] = std::from_chars(all.data(), all.data() + all.size(), number);
  return error == std::errc() && end == all.data() + all.size() ? std::optional(number)
                                                                : std::nullopt;
}

}  // namespace

std::optional<double> slurm_step_joules() {
  const auto job = number_in("SLURM_JOB_ID"), step = number_in("SLURM_STEP_ID");
  if (!job || !step) return std::nullopt;
  const std::string command = fmt::format(
      "timeout 10 sstat --noheader --parsable2 --format=ConsumedEnergyRaw --jobs={}.{} 2>/dev/null",
      *job, *step);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::array<char, 64> line{};
  if (!pipe || std::fgets(line.data(), line.size(), pipe.get()) == nullptr) return std::nullopt;
  // 0 is what Slurm says without a plugin.
  const double joules = std::strtod(line.data(), nullptr);
  return joules > 0 ? std::optional(joules) : std::nullopt;
}

}  // namespace dtrain::measure
