// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/closing_summary.hpp"

#include <fmt/format.h>

#include "launch/console.hpp"

namespace dtrain::launch {

std::string closing_summary(const train::RunSummary& run, const std::string& output) {
  const train::TrainingResult& result = run.result;
  double train_seconds = result.open_epoch_seconds, eval_seconds = 0;
  for (const auto& epoch : result.epochs)
    train_seconds += epoch.train_seconds, eval_seconds += epoch.eval_seconds;

  const std::string ended =
      fmt::format("{} at step {}", train::to_string(result.stop_reason), with_commas(result.step));
  std::string text = fmt::format("\n{}", fact_line("ended", ended));
  if (result.skipped_steps > 0)
    text += fact_line("skipped", fmt::format("{} steps whose loss or gradient was not finite",
                                             with_commas(result.skipped_steps)));
  text += fact_line(
      "time", fmt::format("{} training, {} evaluation, {} start", duration_text(train_seconds),
                          duration_text(eval_seconds), duration_text(result.startup_seconds)));
  if (result.test_accuracy) text += fact_line("test accuracy", percent_text(result.test_accuracy));
  if (result.samples_per_second > 0) {
    const double gflops =
        result.samples_per_second * static_cast<double>(run.flops_per_sample) * 1e-9;
    text += fact_line("speed", fmt::format("{} samples/s, {:.1f} GFLOP/s",
                                           short_number(result.samples_per_second), gflops));
  }
  const measure::StepSummary& step = result.step_time;
  const auto phase = [&](Phase which) {
    return step.phase_median_ms[static_cast<std::size_t>(which)];
  };
  if (step.median_ms > 0)
    text +=
        fact_line("step",
                  fmt::format("{:.2f} ms median, {:.2f} ms at 95 %", step.median_ms, step.p95_ms)) +
        fact_line("", fmt::format("data {:.2f}, forward {:.2f}, backward {:.2f}, "
                                  "waiting for ranks {:.2f}, optimizer {:.2f}",
                                  phase(Phase::data), phase(Phase::forward), phase(Phase::backward),
                                  phase(Phase::comm_exposed), phase(Phase::optimizer)));
  text += fact_line("memory",
                    fmt::format("{} a rank, {} of it optimizer state",
                                bytes_text(static_cast<double>(result.peak_rss_bytes)),
                                bytes_text(static_cast<double>(result.optimizer_state_bytes))));
  return text + fact_line("files", fmt::format("{}/", output));
}

}  // namespace dtrain::launch
