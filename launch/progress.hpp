// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "train/observer.hpp"

namespace dtrain::launch {

/// How long the run is to be, for the share done and the time left.
struct RunLength {
  std::int64_t epochs = 0;
  std::int64_t steps = -1;  ///< overrides epochs when >= 0
  bool validates = false;   ///< a column for the validation accuracy
};

/// Shows a run on stdout: one table row per epoch and, between rows, how far the epoch is: a bar
/// that redraws itself on a terminal, else a line every ten seconds.
class Progress : public train::TrainingObserver {
 public:
  enum class Style { bar, plain };
  Progress(Style style, const RunLength& length);
  /// Takes an unfinished bar away.
  ~Progress() override;

  void on_step(const train::StepRecord&) override;
  void on_skip(const train::SkippedStep&) override { erase_bar(); }  // a note follows
  void on_epoch(const train::EpochRecord&) override;

 private:
  using Clock = std::chrono::steady_clock;
  /// Share of the run that is done after a step, in [0, 1].
  double share_done(const train::StepRecord&) const;
  /// Seconds left at the speed so far; none before there is a speed.
  std::optional<double> seconds_left(double share) const;
  void draw_bar(const train::StepRecord&);
  void erase_bar();

  Style style_;
  RunLength length_;
  bool utf8_;
  bool header_printed_ = false, bar_drawn_ = false;
  Clock::time_point drawn_{};
  // Where this process came in: a resumed run starts in the middle.
  std::optional<Clock::time_point> started_;
  double share_at_start_ = 0;
};

}  // namespace dtrain::launch
