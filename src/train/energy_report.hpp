// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The energy of a run (docs/energy.md). None is what was not measured.

#include <span>

#include "measure/energy_window.hpp"
#include "train/training_result.hpp"

namespace dtrain::train {

/// `samples`: that were trained on in `train_seconds`.
EpochEnergy epoch_energy(const measure::EnergyWindow& train, const measure::EnergyWindow& eval,
                         double train_seconds, double samples);

struct EnergyReport {
  std::optional<double> joules;  ///< training and evaluation
  std::optional<double> net_joules;
  std::optional<double> uncertainty_joules;                ///< of joules
  std::optional<double> average_watts, joules_per_sample;  ///< of training alone
  std::optional<double> joules_per_epoch;  ///< the median of whole epochs, with evaluation
  std::optional<double> joules_to_target;  ///< up to the end of the epoch that reached the target
  std::optional<double> energy_delay;      ///< joules x seconds of training and evaluation
};

/// `epochs`: all of the run, those before a resumption too. `target_accuracy` 0: there is none.
EnergyReport energy_report(const TrainingResult&, std::span<const EpochRecord> epochs,
                           double target_accuracy);

}  // namespace dtrain::train
