// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <optional>
#include <vector>

#include "launch/progress.hpp"
#include "launch/train_settings.hpp"
#include "train/metrics_writer.hpp"
#include "train/tensorboard_writer.hpp"

namespace dtrain::launch {

/// What the root rank shows and writes while training. Does nothing before open(), so that a run that
/// cannot start leaves no files.
class RootObservers : public train::TrainingObserver {
 public:
  void open(const TrainSettings& settings, bool validates,
            const std::optional<train::Progress>& resumed);
  /// Takes an unfinished progress bar away.
  void close() { progress_.reset(); }
  /// Of a resumed run, before its checkpoint.
  const std::vector<train::EpochRecord>& earlier_epochs() const {
    return metrics_->earlier_epochs();
  }

  void on_step(const train::StepRecord&) override;
  void on_skip(const train::SkippedStep&) override;
  void on_epoch(const train::EpochRecord&) override;
  void on_checkpoint(const std::string& file, std::int64_t step) override;

 private:
  template <class Call>
  void each(const Call& call);

  std::optional<train::MetricsWriter> metrics_;
  std::optional<train::TensorBoardWriter> tensorboard_;
  std::optional<Progress> progress_;
};

}  // namespace dtrain::launch
