// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/training_result.hpp"

#include <algorithm>
#include <cstring>

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

Extremes extremes_over_ranks(comm::Communicator& communicator, const Extremes& mine) {
  Extremes result = mine;
  for (const auto& bytes : communicator.all_gather(std::as_bytes(std::span(&mine, 1)))) {
    Extremes other;
    std::memcpy(&other, bytes.data(), sizeof other);
    if (other.step_time.median_ms > result.step_time.median_ms) result.step_time = other.step_time;
    result.peak_rss_bytes = std::max(result.peak_rss_bytes, other.peak_rss_bytes);
    result.optimizer_state_bytes =
        std::max(result.optimizer_state_bytes, other.optimizer_state_bytes);
  }
  return result;
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
