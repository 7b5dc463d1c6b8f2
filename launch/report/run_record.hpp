// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <array>
#include <utility>

#include "base/span_sink.hpp"
#include "launch/finished_run.hpp"

namespace dtrain::launch {

/// One epoch. None: not recorded, or not known.
struct EpochFigures {
  std::int64_t epoch = 0;  ///< counts from 1
  std::optional<double> train_loss, test_loss, train_accuracy, test_accuracy;
  std::optional<double> train_seconds, eval_seconds;
  std::optional<double> train_joules, eval_joules;
};

/// Where the run lies in the roofline model (docs/step-time.md).
struct Roofline {
  double intensity = 0;  ///< FLOPs a byte
  double gflops = 0;
  std::optional<double> peak_gflops, memory_gb_per_s;
};

/// Of what one rank reads for its node or GPU.
struct PowerCurve {
  std::int64_t rank = 0;
  std::vector<std::pair<double, double>> samples;  ///< seconds since the run's begin, watts
};

/// What a page shows of one run, out of its summary.json, and its trace.json where it has one.
struct RunRecord {
  FinishedRun run;
  std::string study;  ///< which of several studies it belongs to; empty where there is one
  std::string device_name, comm, command, weights_hash;
  std::vector<EpochFigures> epochs;
  std::optional<double> step_ms;                            ///< median
  std::optional<std::array<double, phase_count>> phase_ms;  ///< medians, indexed by Phase
  std::optional<double> gflops, fraction_of_peak;
  std::optional<double> joules, net_joules;  ///< training and evaluation
  std::optional<double> joules_per_epoch;    ///< the median epoch, with evaluation
  std::vector<std::string> energy_sources;
  std::optional<Roofline> roofline;
  std::vector<PowerCurve> power;  ///< ten times a second; empty without --trace
};

/// Throws InputError on a file that is not what a run writes.
RunRecord read_record(const FinishedRun& run, const std::string& study);

/// The "power, W" counters of a trace (docs/step-time.md); none where there is no such file.
std::vector<PowerCurve> read_power(const std::filesystem::path& trace_file);

}  // namespace dtrain::launch
