// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <filesystem>

#include "train/checkpoint.hpp"
#include "train/log_schedule.hpp"
#include "train/output_file.hpp"

namespace dtrain::train {

/// Writes metrics.jsonl (an object per logged or skipped step and per epoch, told apart by "event") and
/// epochs.csv (a row per epoch). Both are flushed at each epoch and checkpoint.
class MetricsWriter : public TrainingObserver {
 public:
  /// A resumed run goes on in the same files, cut back to where its checkpoint was taken.
  MetricsWriter(const std::filesystem::path& folder, const std::optional<Progress>& resumed);

  void on_step(const StepRecord&) override;
  void on_skip(const SkippedStep&) override;
  void on_epoch(const EpochRecord&) override;
  void on_checkpoint(const std::string& file, std::int64_t step) override;

  /// Of the epochs before the checkpoint: what summary.json lists first.
  const std::vector<EpochRecord>& earlier_epochs() const { return earlier_epochs_; }

 private:
  std::vector<EpochRecord> earlier_epochs_;
  LogSchedule schedule_;
  AppendFile jsonl_, csv_;
};

}  // namespace dtrain::train
