// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/energy_sources.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/error.hpp"

namespace dtrain::measure {
namespace {

constexpr EnergySourceEntry entries[] = {
    {"cray", "the whole node, GPUs included", EnergyReader::node, &open_cray},
    {"rapl", "processors and their memory", EnergyReader::node, &open_rapl},
    {"nvml", "NVIDIA GPUs", EnergyReader::gpu, &open_nvml},
};

std::optional<double> watts_of(std::string_view text) {
  double watts = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), watts);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::isfinite(watts) && watts > 0 ? std::optional(watts) : std::nullopt;
}

}  // namespace

std::span<const EnergySourceEntry> energy_sources() {
  return entries;
}

EnergyChoice parse_energy_choice(const std::string& text) {
  using Kind = EnergyChoice::Kind;
  if (text == "auto") return {};
  if (text == "none") return {.kind = Kind::none};
  if (constexpr std::string_view prefix = "tdp:"; text.starts_with(prefix)) {
    const auto watts = watts_of(std::string_view(text).substr(prefix.size()));
    if (!watts)
      throw UsageError(fmt::format(
          "'{}': the watts of a node with all cores busy are a number above 0, as in tdp:280",
          text));
    return {.kind = Kind::tdp, .tdp_watts = *watts};
  }
  std::string names;
  for (const EnergySourceEntry& entry : entries) {
    if (text == entry.name) return {.kind = Kind::source, .source = &entry};
    names += fmt::format("{}, ", entry.name);
  }
  throw UsageError(
      fmt::format("'{}' is no energy source: use auto, none, {}or tdp:WATTS", text, names));
}

EnergyRequest EnergyRequest::from_environment() {
  EnergyRequest request;
  if (const char* root = std::getenv("DTRAIN_SYSFS_ROOT")) request.sysfs_root = root;
  if (const char* library = std::getenv("DTRAIN_NVML")) request.nvml_library = library;
  return request;
}

}  // namespace dtrain::measure
