// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain bench: micro-benchmarks. Each is a command of its own.

#include "launch/bench.hpp"

#include <algorithm>

#include "base/stopwatch.hpp"
#include "launch/command_line.hpp"

namespace dtrain::launch {

double seconds_per_call(const std::function<void()>& work, double window_seconds) {
  work();
  Stopwatch once;
  work();
  const double first = std::max(once.seconds(), 1e-7);
  const int calls = std::max(1, static_cast<int>(window_seconds / first));
  double best = first;
  for (int window = 0; window < 3; ++window) {
    Stopwatch watch;
    for (int call = 0; call < calls; ++call) work();
    best = std::min(best, watch.seconds() / calls);
  }
  return best;
}

ExitCode run_bench(Arguments arguments, Session& session) {
  const std::string name = arguments.empty() ? "" : arguments[0];
  if (name == "step") return run_bench_step(arguments.subspan(1), session);
  if (name == "allreduce") return run_bench_allreduce(arguments.subspan(1), session);
  if (name == "kernels") return run_bench_kernels(arguments.subspan(1), session);
  if (name == "input") return run_bench_input(arguments.subspan(1), session);
  if (name == "--help" || name == "-h") {
    if (session.is_root())
      fmt::print(
          "Micro-benchmarks.\n\nUsage:\n"
          "  dtrain bench step        training steps of a model\n"
          "  dtrain bench allreduce   sums over ranks\n"
          "  dtrain bench kernels     the layers and functions beneath them\n"
          "  dtrain bench input       reading and preparing samples\n\n"
          "`dtrain bench step --help` lists the options of one.\n");
    return ExitCode::done;
  }
  const std::vector<std::string> known{"step", "allreduce", "kernels", "input"};
  throw UsageError(
      name.empty() ? "dtrain bench what? step, allreduce, kernels or input"
                   : fmt::format("there is no bench \"{}\"{}: step, allreduce, kernels or input",
                                 name, did_you_mean(name, known)));
}

}  // namespace dtrain::launch
