// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain study: how training scales. Each kind of study is a command of its own.

#include "launch/study.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "launch/command_line.hpp"

namespace dtrain::launch {
namespace {

struct Study {
  std::string_view name, summary;
  ExitCode (*run)(Arguments arguments, Session& session);
};

constexpr std::array table{
    Study{"strong", "the same global batch on more and more ranks",
          [](Arguments words, Session& session) {
            return run_scaling_study(StudyKind::strong, words, session);
          }},
    Study{"weak", "the same batch for each of more and more ranks",
          [](Arguments words, Session& session) {
            return run_scaling_study(StudyKind::weak, words, session);
          }},
    Study{"devices", "the same training on the CPU and on the GPU",
          [](Arguments words, Session& session) {
            return run_scaling_study(StudyKind::devices, words, session);
          }},
    Study{"predict", "more ranks than there are, from what was measured", run_study_predict},
};

std::vector<std::string> names() {
  std::vector<std::string> all;
  all.reserve(table.size());
  for (const Study& study : table) all.emplace_back(study.name);
  return all;
}

void print_overview() {
  std::string text = "Scaling studies.\n\nUsage:\n";
  for (const Study& study : table)
    text += fmt::format("  {:<25}{}\n", fmt::format("dtrain study {}", study.name), study.summary);
  fmt::print("{}\n`dtrain study strong --help` lists the options of one.\n", text);
}

}  // namespace

ExitCode run_study(Arguments arguments, Session& session) {
  const std::string name = arguments.empty() ? "" : arguments[0];
  if (name == "--help" || name == "-h") {
    if (session.is_root()) print_overview();
    return ExitCode::done;
  }
  const auto study =
      std::find_if(table.begin(), table.end(), [&](const Study& row) { return row.name == name; });
  if (study != table.end()) return study->run(arguments.subspan(1), session);
  const std::vector<std::string> known = names();
  if (name.empty())
    throw UsageError(fmt::format("dtrain study what? One of {}", fmt::join(known, ", ")));
  throw UsageError(fmt::format("there is no study \"{}\"{}: one of {}", name,
                               did_you_mean(name, known), fmt::join(known, ", ")));
}

}  // namespace dtrain::launch
