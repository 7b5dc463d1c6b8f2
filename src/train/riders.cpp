// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/riders.hpp"

namespace dtrain::train {

Riders riders_of(const nn::LossResult& loss, std::int64_t global_batch) {
  const auto n = static_cast<double>(global_batch);
  return {static_cast<float>(loss.loss_sum / n),
          static_cast<float>(static_cast<double>(loss.correct) / n), 0};
}

Riders sum_of(std::span<const Riders> riders) {
  Riders sum;
  for (const Riders& one : riders) {
    sum.loss += one.loss;
    sum.correct += one.correct;
    sum.stop_requests += one.stop_requests;
  }
  return sum;
}

}  // namespace dtrain::train
