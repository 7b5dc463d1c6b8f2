// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/energy_report.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace dtrain::train {
namespace {

using measure::EnergyWindow;

TEST(EpochEnergy, KeepsTrainingAndEvaluationApart) {
  const EpochEnergy energy = epoch_energy({600, 250, 3}, {100, 50, 4}, 10, 1000);
  EXPECT_EQ(energy.train_joules, 600.0);
  EXPECT_EQ(energy.eval_joules, 100.0);
  EXPECT_EQ(energy.net_joules, 400.0);
  EXPECT_EQ(energy.uncertainty_joules, 5.0);
  EXPECT_EQ(energy.average_watts, 60.0);
  EXPECT_EQ(energy.joules_per_sample, 0.6);
}

TEST(EpochEnergy, IsUnknownInParts) {
  const EpochEnergy energy = epoch_energy({600, 250, 3}, {20, 50, 25}, 10, 1000);
  EXPECT_EQ(energy.train_joules, 600.0);
  EXPECT_FALSE(energy.eval_joules) << "it may be all of the time before";
  EXPECT_FALSE(epoch_energy(EnergyWindow::unknown(), {100, 50, 1}, 10, 1000).average_watts);
}

/// A run of three epochs of 10 s of training, 2 s of evaluation and 1000 samples each.
struct Example {
  std::vector<EpochRecord> epochs;
  TrainingResult result;

  Example() {
    add(0.5, {600, 250, 3}, {100, 50, 1});
    add(0.9, {800, 250, 3}, {120, 50, 1});
    add(0.8, {700, 250, 3}, {110, 50, 1});
  }
  void add(double accuracy, const EnergyWindow& train, const EnergyWindow& eval) {
    result.train_energy += train;
    result.eval_energy += eval;
    result.samples_trained += 1000;
    EpochRecord record;
    record.test_accuracy = accuracy;
    record.train_seconds = 10;
    record.eval_seconds = 2;
    record.energy = epoch_energy(train, eval, 10, 1000);
    record.energy.run_joules = (result.train_energy + result.eval_energy).gross();
    epochs.push_back(record);
  }
  EnergyReport report(double target = 0) const { return energy_report(result, epochs, target); }
};

TEST(EnergyReport, IsOfTheWholeRun) {
  const Example run;
  const EnergyReport report = run.report(0.9);
  EXPECT_EQ(report.joules, 2430.0);
  EXPECT_EQ(report.net_joules, 2430.0 - 900);
  EXPECT_NEAR(report.uncertainty_joules.value(), std::sqrt(3 * (9 + 1)), 1e-9);
  EXPECT_EQ(report.average_watts, 70.0);
  EXPECT_DOUBLE_EQ(report.joules_per_sample.value(), 0.7);
  EXPECT_EQ(report.joules_per_epoch, 810.0);
  EXPECT_EQ(report.joules_to_target, 1620.0);
  EXPECT_EQ(report.energy_delay, 2430.0 * 36);
  EXPECT_FALSE(run.report(0.95).joules_to_target);
  EXPECT_FALSE(run.report().joules_to_target);
}

TEST(EnergyReport, ATargetIsOneOfValidationWhereThereIsOne) {
  Example run;
  for (EpochRecord& record : run.epochs) record.validation_accuracy = 0.7;
  EXPECT_FALSE(run.report(0.9).joules_to_target);
  EXPECT_EQ(run.report(0.7).joules_to_target, 700.0);
}

TEST(EnergyReport, CountsWhatAStopLeft) {
  Example run;
  run.result.train_energy += {300, 100, 3};
  run.result.open_epoch_seconds = 5;
  run.result.samples_trained += 400;
  const EnergyReport report = run.report();
  EXPECT_EQ(report.joules, 2730.0);
  EXPECT_EQ(report.energy_delay, 2730.0 * 41);
  EXPECT_DOUBLE_EQ(report.joules_per_sample.value(), 2400.0 / 3400);
}

TEST(EnergyReport, KnowsARunOfEpochsThatAreTooShortToBeKnown) {
  Example run;
  run.epochs.clear();
  run.result = {};
  for (int epoch = 0; epoch < 100; ++epoch) run.add(0.5, {10, 5, 20}, {1, 0.5, 2});
  EXPECT_FALSE(run.epochs[0].energy.train_joules);
  EXPECT_FALSE(run.epochs[0].energy.run_joules);
  EXPECT_NEAR(run.report().joules.value(), 1100, 1e-9);
  EXPECT_NEAR(run.report().uncertainty_joules.value(), 10 * std::hypot(20, 2), 1e-9);
  EXPECT_FALSE(run.report().joules_per_epoch);
}

TEST(EnergyReport, IsUnknownWhereAPartIs) {
  Example run;
  run.add(0.95, {600, 250, 3}, EnergyWindow::unknown());
  run.add(0.96, {600, 250, 3}, {100, 50, 1});
  const EnergyReport report = run.report(0.96);
  EXPECT_FALSE(report.joules);
  EXPECT_FALSE(report.net_joules);
  EXPECT_FALSE(report.uncertainty_joules);
  EXPECT_FALSE(report.joules_per_epoch);
  EXPECT_FALSE(report.joules_to_target);
  EXPECT_FALSE(report.energy_delay);
  EXPECT_EQ(report.average_watts, 3300.0 / 50);  // training is known
  EXPECT_FALSE(energy_report({}, {}, 0).joules);
}

}  // namespace
}  // namespace dtrain::train
