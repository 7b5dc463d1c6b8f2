// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/training_result.hpp"

#include <algorithm>

namespace dtrain::train {

std::string to_string(StopReason reason) {
  switch (reason) {
    case StopReason::finished:
      return "finished";
    case StopReason::target_reached:
      return "target_reached";
    case StopReason::stopped:
      return "stopped";
  }
  return "";
}

double median_samples_per_second(const std::vector<EpochRecord>& epochs) {
  if (epochs.empty()) return 0;
  std::vector<double> speeds;
  for (const EpochRecord& record : epochs) speeds.push_back(record.samples_per_second);
  const auto middle = speeds.begin() + static_cast<std::ptrdiff_t>(speeds.size() / 2);
  std::ranges::nth_element(speeds, middle);
  return *middle;
}

}  // namespace dtrain::train
