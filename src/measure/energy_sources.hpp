// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "measure/energy_source.hpp"

namespace dtrain::measure {

/// Who reads a source: the first rank of each node, or the first rank on each GPU.
enum class EnergyReader { node, gpu };

struct EnergySourceEntry {
  std::string_view name;    ///< as in --energy NAME
  std::string_view counts;  ///< what, in a few words
  EnergyReader reader;
  EnergyOffer (*open)(const EnergyRequest&);
};

/// All sources but the estimate. Those that count a node stand in the order of preference.
std::span<const EnergySourceEntry> energy_sources();

/// How energy is to be measured: --energy auto|none|SOURCE|tdp:WATTS.
struct EnergyChoice {
  enum class Kind { automatic, none, source, tdp };
  Kind kind = Kind::automatic;
  const EnergySourceEntry* source = nullptr;  ///< of Kind::source
  double tdp_watts = 0;                       ///< of Kind::tdp, for a node
};

/// Throws UsageError.
EnergyChoice parse_energy_choice(const std::string& text);

}  // namespace dtrain::measure
