// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "train/observer.hpp"

namespace dtrain::train {

/// Which steps are worth a line in a file: the first one, and those that complete another hundredth
/// of their epoch. At most about 100 an epoch, and the same ones in every run of the same settings.
class LogSchedule {
 public:
  bool is_due(const StepRecord& record) {
    const std::int64_t percent = 100 * record.samples_done / record.samples_in_epoch;
    const bool due = record.epoch != epoch_ || percent != percent_;
    epoch_ = record.epoch;
    percent_ = percent;
    return due;
  }

 private:
  std::int64_t epoch_ = -1, percent_ = -1;
};

}  // namespace dtrain::train
