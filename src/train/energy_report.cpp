// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/energy_report.hpp"

#include <vector>

#include "base/median.hpp"

namespace dtrain::train {
namespace {

using Joules = std::optional<double>;

Joules ratio(const Joules& joules, double divisor) {
  return joules && divisor > 0 ? Joules(*joules / divisor) : std::nullopt;
}

Joules median(std::vector<double> values) {
  return values.empty() ? std::nullopt : Joules(upper_median(std::move(values)));
}

Joules joules_to_target(std::span<const EpochRecord> epochs, double target) {
  for (const EpochRecord& record : epochs) {
    const auto& accuracy =
        record.validation_accuracy ? record.validation_accuracy : record.test_accuracy;
    if (accuracy && *accuracy >= target) return record.energy.run_joules;
  }
  return std::nullopt;
}

}  // namespace

EpochEnergy epoch_energy(const measure::EnergyWindow& train, const measure::EnergyWindow& eval,
                         double train_seconds, double samples) {
  return {.train_joules = train.gross(),
          .eval_joules = eval.gross(),
          .net_joules = (train + eval).net(),
          .uncertainty_joules = (train + eval).uncertainty(),
          .average_watts = ratio(train.gross(), train_seconds),
          .joules_per_sample = ratio(train.gross(), samples),
          .run_joules = std::nullopt};
}

EnergyReport energy_report(const TrainingResult& result, std::span<const EpochRecord> epochs,
                           double target_accuracy) {
  double train_seconds = result.open_epoch_seconds, eval_seconds = 0;
  std::vector<double> of_epochs;
  for (const EpochRecord& record : epochs) {
    train_seconds += record.train_seconds;
    eval_seconds += record.eval_seconds;
    const EpochEnergy& energy = record.energy;
    if (energy.train_joules && energy.eval_joules)
      of_epochs.push_back(*energy.train_joules + *energy.eval_joules);
  }
  const measure::EnergyWindow all = result.train_energy + result.eval_energy;
  const Joules train = result.train_energy.gross();
  EnergyReport report;
  report.joules = all.gross();
  report.net_joules = all.net();
  report.uncertainty_joules = all.uncertainty();
  report.average_watts = ratio(train, train_seconds);
  report.joules_per_sample = ratio(train, static_cast<double>(result.samples_trained));
  if (of_epochs.size() == epochs.size()) report.joules_per_epoch = median(std::move(of_epochs));
  if (target_accuracy > 0) report.joules_to_target = joules_to_target(epochs, target_accuracy);
  if (report.joules) report.energy_delay = *report.joules * (train_seconds + eval_seconds);
  return report;
}

}  // namespace dtrain::train
