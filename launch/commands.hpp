// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// launch: the command line. main.cpp and one .cpp per command; the table of them is in
// commands.cpp.
//
// A command gets the words after its name and parses them with launch/command_line.hpp before it
// asks the session for a communicator: a bad command line then costs no MPI. It prints on the root
// rank only, and throws Error for main.cpp to report.

#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "launch/session.hpp"

namespace dtrain::launch {

using Arguments = std::span<const std::string>;

struct Command {
  std::string_view name;
  std::string_view synopsis;  ///< "CKPT --data NAME"
  std::string_view summary;   ///< one line for `dtrain --help`
  ExitCode (*run)(Arguments arguments, Session& session);
};

/// All commands, in the order in which help lists them; the first one is the default.
std::span<const Command> commands();

/// Runs the command that the first word names; `train` when it is an option or absent.
ExitCode run_command_line(Arguments words, Session& session);

// One .cpp each, named as the command.
ExitCode run_train(Arguments arguments, Session& session);
ExitCode run_launch(Arguments arguments, Session& session);
ExitCode run_eval(Arguments arguments, Session& session);
ExitCode run_predict(Arguments arguments, Session& session);
ExitCode run_data(Arguments arguments, Session& session);
ExitCode run_models(Arguments arguments, Session& session);
ExitCode run_bench(Arguments arguments, Session& session);
ExitCode run_study(Arguments arguments, Session& session);
ExitCode run_report(Arguments arguments, Session& session);
ExitCode run_verify(Arguments arguments, Session& session);
ExitCode run_doctor(Arguments arguments, Session& session);

}  // namespace dtrain::launch
