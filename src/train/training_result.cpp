// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/training_result.hpp"

#include "base/median.hpp"

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
  return upper_median(std::move(speeds));
}

}  // namespace dtrain::train
