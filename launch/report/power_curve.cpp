// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// The power counters of a trace.json, which may be gigabytes: read line by line, as src/measure/trace.cpp
// writes one event on each.

#include <algorithm>
#include <fstream>

#include "base/error.hpp"
#include "launch/report/run_record.hpp"
#include "train/json.hpp"

namespace dtrain::launch {

std::vector<PowerCurve> read_power(const std::filesystem::path& trace_file) {
  std::vector<PowerCurve> curves;
  std::ifstream lines(trace_file);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(R"({"name":"power, W")")) continue;
    if (line.ends_with(',')) line.pop_back();
    try {
      const train::Json event = train::Json::parse(line);
      const std::int64_t rank = event.at("pid");
      auto curve = std::ranges::find(curves, rank, &PowerCurve::rank);
      if (curve == curves.end()) curve = curves.insert(curves.end(), {rank, {}});
      curve->samples.emplace_back(event.at("ts").get<double>() / 1e6,
                                  event.at("args").at("value").get<double>());
    } catch (const train::Json::exception& error) {
      throw InputError(
          fmt::format("{} is not the trace of a run: {}", trace_file.string(), error.what()));
    }
  }
  return curves;
}

}  // namespace dtrain::launch
