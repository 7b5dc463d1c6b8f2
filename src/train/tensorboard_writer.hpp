// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <filesystem>

#include "train/log_schedule.hpp"
#include "train/output_file.hpp"

namespace dtrain::train {

/// Writes an event file that TensorBoard opens, into `folder`/tensorboard: loss, accuracy, learning
/// rate and samples per second by step; training, validation and test results by epoch, all against
/// the global step.
class TensorBoardWriter : public TrainingObserver {
 public:
  /// `resumed_step`: the step that a resumed run goes on from. TensorBoard then drops what earlier
  /// event files of the folder say of later steps.
  TensorBoardWriter(const std::filesystem::path& folder, std::optional<std::int64_t> resumed_step);

  void on_step(const StepRecord&) override;
  void on_epoch(const EpochRecord&) override;
  void on_checkpoint(const std::string& file, std::int64_t step) override;

 private:
  struct Scalar {
    std::string_view tag;
    double value;
  };
  void write_scalars(std::int64_t step, std::span<const Scalar> scalars);

  LogSchedule schedule_;
  AppendFile file_;
};

/// CRC-32C (Castagnoli) of `bytes`.
std::uint32_t crc32c(std::string_view bytes);

/// One TFRecord: length, masked CRC of the length, data, masked CRC of the data.
std::string tf_record(std::string_view data);

}  // namespace dtrain::train
