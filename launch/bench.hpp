// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <functional>

#include "launch/commands.hpp"

namespace dtrain::launch {

// The parts of `dtrain bench`, one .cpp each.
ExitCode run_bench_step(Arguments arguments, Session& session);
ExitCode run_bench_allreduce(Arguments arguments, Session& session);
ExitCode run_bench_kernels(Arguments arguments, Session& session);
ExitCode run_bench_input(Arguments arguments, Session& session);

/// Seconds of one call of `work`: the fastest of three windows of about `window_seconds` each,
/// after one call to warm up.
double seconds_per_call(const std::function<void()>& work, double window_seconds);

}  // namespace dtrain::launch
