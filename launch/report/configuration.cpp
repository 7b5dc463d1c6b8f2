// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/report/configuration.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

#include "launch/console.hpp"

namespace dtrain::launch {
namespace {

/// What may differ, in the order in which a label names it. Empty: does not apply.
std::vector<std::string> attributes(const RunRecord& record) {
  const FinishedRun& run = record.run;
  return {record.study.empty() ? "single runs" : record.study,
          run.model,
          run.dataset,
          run.device,
          run.precision,
          counted(run.threads_per_rank, "thread") + " a rank",
          run.ranks > 1 ? record.comm : "",  // one rank has nobody to talk to
          counted(run.nodes, "node"),
          counted(run.ranks, "rank"),
          fmt::format("batch {}", run.global_batch)};
}

bool comes_before(const RunRecord& a, const RunRecord& b) {
  const auto key = [](const RunRecord& record) {
    const FinishedRun& run = record.run;
    return std::tie(record.study, run.model, run.dataset, run.device, run.precision,
                    run.threads_per_rank, run.ranks, run.nodes, run.global_batch, record.comm);
  };
  return key(a) < key(b);
}

/// The attributes that are not the same for all to which they apply; model and dataset where nothing differs.
std::string label_of(const std::vector<std::string>& mine,
                     const std::vector<std::vector<std::string>>& all) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < mine.size(); ++i)
    if (!mine[i].empty() && std::ranges::any_of(all, [&](const auto& other) {
          return !other[i].empty() && other[i] != mine[i];
        }))
      parts.push_back(mine[i]);
  if (parts.empty()) parts = {mine[1], mine[2]};
  return as_one_line(fmt::format("{}", fmt::join(parts, ", ")));
}

}  // namespace

std::optional<Spread> Configuration::spread(
    const std::function<std::optional<double>(const RunRecord&)>& figure) const {
  std::vector<double> values;
  for (const RunRecord& record : repeats)
    if (const auto value = figure(record)) values.push_back(*value);
  return values.empty() ? std::nullopt : std::optional(spread_of(std::move(values)));
}

bool Configuration::energy_is_estimated() const {
  return std::ranges::any_of(
      repeats, [](const RunRecord& record) { return record.run.energy_is_estimated; });
}

std::vector<Configuration> configurations(std::vector<RunRecord> records) {
  std::ranges::stable_sort(records, comes_before);
  std::vector<std::vector<std::string>> all;
  for (const RunRecord& record : records) all.push_back(attributes(record));
  std::vector<Configuration> found;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i == 0 || all[i] != all[i - 1]) found.push_back({label_of(all[i], all), {}});
    found.back().repeats.push_back(std::move(records[i]));
  }
  return found;
}

}  // namespace dtrain::launch
