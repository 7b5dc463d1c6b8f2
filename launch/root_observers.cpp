// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/root_observers.hpp"

#include <fmt/format.h>

#include "launch/console.hpp"

namespace dtrain::launch {

void RootObservers::open(const TrainSettings& settings, bool validates,
                         const std::optional<train::Progress>& resumed) {
  metrics_.emplace(settings.output, resumed);
  tensorboard_.emplace(settings.output, resumed ? std::optional(resumed->step) : std::nullopt);
  if (settings.progress == "none") return;
  const bool bar =
      settings.progress == "bar" || (settings.progress == "auto" && shows_on_terminal());
  progress_.emplace(bar ? Progress::Style::bar : Progress::Style::plain,
                    RunLength{settings.epochs, settings.steps, validates});
}

template <class Call>
void RootObservers::each(const Call& call) {
  if (metrics_) call(*metrics_);
  if (tensorboard_) call(*tensorboard_);
  if (progress_) call(*progress_);
}

void RootObservers::on_step(const train::StepRecord& record) {
  each([&](train::TrainingObserver& observer) { observer.on_step(record); });
}
void RootObservers::on_skip(const train::SkippedStep& skipped) {
  each([&](train::TrainingObserver& observer) { observer.on_skip(skipped); });
  show(stderr, fmt::format("dtrain: note: update skipped: {}\n", skipped.reason));
}
void RootObservers::on_epoch(const train::EpochRecord& record) {
  each([&](train::TrainingObserver& observer) { observer.on_epoch(record); });
}
void RootObservers::on_checkpoint(const std::string& file, std::int64_t step) {
  each([&](train::TrainingObserver& observer) { observer.on_checkpoint(file, step); });
}

}  // namespace dtrain::launch
