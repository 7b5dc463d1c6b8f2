// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <functional>
#include <span>

#include "launch/report/run_record.hpp"
#include "launch/spread.hpp"

namespace dtrain::launch {

/// Runs with the same settings and ranks: repeats of one measurement.
struct Configuration {
  std::string label;  ///< what tells it from the others: "mlp, 2 ranks"; control characters are '?'
  std::vector<RunRecord> repeats;

  const RunRecord& first() const { return repeats.front(); }
  /// Over the repeats that have the figure; none where no one has.
  std::optional<Spread> spread(
      const std::function<std::optional<double>(const RunRecord&)>& figure) const;
  /// Is the energy of any of them an estimate?
  bool energy_is_estimated() const;
};

/// By study, model, dataset, device, precision and threads, then ranks, nodes and batch.
std::vector<Configuration> configurations(std::vector<RunRecord> records);

}  // namespace dtrain::launch
