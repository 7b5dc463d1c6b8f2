// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What is worth drawing of runs. A chart of which the runs do not hold the figures says why in `missing`.

#include "launch/report/chart.hpp"
#include "launch/report/compared_series.hpp"
#include "launch/report/configuration.hpp"

namespace dtrain::launch {

using Configurations = std::span<const Configuration>;

// learning_charts.cpp
Chart loss_curves(Configurations);
Chart accuracy_curves(Configurations);

// speed_charts.cpp
Chart throughput_bars(Configurations);
Chart device_bars(Configurations);
Chart phase_bars(Configurations);
Chart roofline_chart(Configurations);

// scaling_charts.cpp
Chart scaling_curves(std::span<const ComparedSeries>);
Chart speedup_curves(std::span<const ComparedSeries>);
Chart efficiency_curves(std::span<const ComparedSeries>);
Chart communication_curves(std::span<const ComparedSeries>);

// energy_charts.cpp
Chart epoch_energy_bars(Configurations);
Chart sample_energy_bars(Configurations);
Chart power_curves(Configurations);

/// All of them, in the order in which they are shown.
std::vector<Chart> all_charts(Configurations, std::span<const ComparedSeries>);

}  // namespace dtrain::launch
