// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/closing_summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "launch/console.hpp"

namespace dtrain::launch {
namespace {

std::string energy_lines(const train::RunSummary& run) {
  const measure::EnergyFacts& facts = run.energy;
  const train::EnergyReport report = train::energy_report(run);
  if (!report.joules)
    return fact_line("energy", facts.sources.empty() ? "not measured (`dtrain doctor` says why)"
                               : facts.problems.empty()
                                   ? "the run was too short for its counters"
                                   : fmt::format("{}", fmt::join(facts.problems, "; ")));
  std::string text = fmt::format("{} J", short_number(*report.joules));
  if (facts.estimated) text += ", an estimate";
  if (report.net_joules)
    text += fmt::format(", {} J of it above idle", short_number(*report.net_joules));
  if (report.average_watts) text += fmt::format(", {:.1f} W in training", *report.average_watts);
  if (report.joules_per_sample)
    text += fmt::format(", {:.3g} J a sample", *report.joules_per_sample);
  text = fact_line("energy", text);
  const double share = *report.uncertainty_joules / *report.joules;
  if (share > 0.1)
    text +=
        fact_line("", fmt::format("within {:.0f} %: counters are up to {:g} s late, train longer",
                                  share * 100, facts.resolution_seconds));
  for (const std::string& problem : facts.problems) text += fact_line("", "not in it: " + problem);
  return text;
}

}  // namespace

std::string straggler_text(const train::Straggler& straggler) {
  return fmt::format("the others waited {} for rank {} on {}, {:.0f} % of the time",
                     duration_text(straggler.seconds_lost), straggler.rank, straggler.host,
                     100 * straggler.share);
}

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
  if (const auto gflops = train::achieved_gflops(run)) {
    std::string speed = fmt::format("{} samples/s, {:.1f} GFLOP/s",
                                    short_number(result.samples_per_second), *gflops);
    if (run.peak_gflops)
      speed += fmt::format(", {} of the measured peak", percent_text(*gflops / *run.peak_gflops));
    text += fact_line("speed", speed);
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
  if (result.ranks.size() > 1)
    text += fact_line("imbalance", fmt::format("{} more work on the busiest rank than on average",
                                               percent_text(train::load_imbalance(result.ranks))));
  if (result.straggler && result.straggler->is_notable())
    text += fact_line("", straggler_text(*result.straggler));
  text += fact_line("memory",
                    fmt::format("{} a rank, {} of it optimizer state",
                                bytes_text(static_cast<double>(result.peak_rss_bytes)),
                                bytes_text(static_cast<double>(result.optimizer_state_bytes))));
  if (run.energy.is_wanted) text += energy_lines(run);
  return text + fact_line("files", fmt::format("{}/", output));
}

}  // namespace dtrain::launch
