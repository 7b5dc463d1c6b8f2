// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/report/charts.hpp"

namespace dtrain::launch {

std::vector<Chart> all_charts(Configurations all, std::span<const ComparedSeries> series) {
  return {loss_curves(all),
          accuracy_curves(all),
          throughput_bars(all),
          scaling_curves(series),
          speedup_curves(series),
          efficiency_curves(series),
          communication_curves(series),
          phase_bars(all),
          roofline_chart(all),
          device_bars(all),
          epoch_energy_bars(all),
          sample_energy_bars(all),
          power_curves(all)};
}

}  // namespace dtrain::launch
