// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/report/run_record.hpp"

#include <fstream>

#include "base/error.hpp"
#include "train/json.hpp"

namespace dtrain::launch {
namespace {

using train::Json;

std::optional<double> number(const Json& object, const char* member) {
  const auto found = object.find(member);
  if (found == object.end() || found->is_null()) return std::nullopt;
  return found->get<double>();
}

/// Summaries of older versions lack some members: what is not there is an empty object.
const Json& object_at(const Json& object, const char* member) {
  static const Json none = Json::object();
  const auto found = object.find(member);
  return found == object.end() || found->is_null() ? none : *found;
}

std::vector<EpochFigures> epochs_of(const Json& summary) {
  std::vector<EpochFigures> epochs;
  for (const Json& epoch : summary.at("epochs"))
    epochs.push_back({.epoch = epoch.value("epoch", static_cast<std::int64_t>(epochs.size() + 1)),
                      .train_loss = number(epoch, "train_loss"),
                      .test_loss = number(epoch, "test_loss"),
                      .train_accuracy = number(epoch, "train_accuracy"),
                      .test_accuracy = number(epoch, "test_accuracy"),
                      .train_seconds = number(epoch, "train_seconds"),
                      .eval_seconds = number(epoch, "eval_seconds"),
                      .train_joules = number(epoch, "energy_joules"),
                      .eval_joules = number(epoch, "eval_energy_joules")});
  return epochs;
}

std::optional<std::array<double, phase_count>> phases_of(const Json& step) {
  static constexpr std::pair<Phase, const char*> members[] = {{Phase::data, "data"},
                                                              {Phase::forward, "forward"},
                                                              {Phase::backward, "backward"},
                                                              {Phase::comm_exposed, "comm_exposed"},
                                                              {Phase::optimizer, "optimizer"}};
  std::array<double, phase_count> phases{};
  for (const auto& [phase, member] : members) {
    const auto milliseconds = number(step, member);
    if (!milliseconds) return std::nullopt;
    phases[static_cast<std::size_t>(phase)] = *milliseconds;
  }
  return phases;
}

std::optional<Roofline> roofline_of(const Json& summary) {
  const Json& roofline = object_at(summary, "roofline");
  const auto intensity = number(roofline, "intensity"), gflops = number(roofline, "gflops");
  if (!intensity || !gflops) return std::nullopt;
  return Roofline{.intensity = *intensity,
                  .gflops = *gflops,
                  .peak_gflops = number(roofline, "peak_gflops"),
                  .memory_gb_per_s = number(roofline, "memory_gb_per_s")};
}

}  // namespace

RunRecord read_record(const FinishedRun& run, const std::string& study) {
  const std::filesystem::path file = run.folder / "summary.json";
  try {
    std::ifstream stream(file);
    const Json summary = Json::parse(stream);
    const Json &energy = object_at(summary, "energy"),
               &step = object_at(summary, "step_milliseconds");
    return {.run = run,
            .study = study,
            .device_name = summary.value("device_name", ""),
            .comm = summary.value("comm", ""),
            .command = summary.value("command", ""),
            .weights_hash = summary.value("weights_hash", ""),
            .epochs = epochs_of(summary),
            .step_ms = number(step, "median"),
            .phase_ms = phases_of(step),
            .gflops = number(summary, "gflops"),
            .fraction_of_peak = number(summary, "fraction_of_peak"),
            .joules = number(energy, "joules"),
            .net_joules = number(energy, "net_joules"),
            .joules_per_epoch = number(energy, "joules_per_epoch"),
            .energy_sources = energy.value("sources", std::vector<std::string>{}),
            .roofline = roofline_of(summary),
            .power = read_power(run.folder / "trace.json")};
  } catch (const Json::exception& error) {
    throw InputError(
        fmt::format("{} is not the summary of a run: {}", file.string(), error.what()));
  }
}

}  // namespace dtrain::launch
