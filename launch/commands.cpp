// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/commands.hpp"

#include <algorithm>
#include <array>

#include "launch/command_line.hpp"
#include "launch/version.hpp"

namespace dtrain::launch {
namespace {

constexpr std::array table{
    Command{"train", "[OPTIONS]", "train a network (the default command)", run_train},
    Command{"launch", "-np N -- [COMMAND] OPTIONS", "run on N ranks: starts mpirun or srun",
            run_launch},
    Command{"eval", "CKPT --data NAME", "loss, accuracy and confusion matrix of a checkpoint",
            run_eval},
    Command{"predict", "CKPT --input FILE...", "class and probabilities of each image",
            run_predict},
    Command{"data", "import|info|synth …", "make and inspect HDF5 datasets", run_data},
    Command{"models", "[NAME]", "list models, or the layers of one", run_models},
    Command{"bench", "step|allreduce|kernels|input", "micro-benchmarks", run_bench},
    Command{"study", "strong|weak|devices|predict", "run a scaling study, or predict", run_study},
    Command{"report", "DIR...", "finished runs and studies side by side", run_report},
    Command{"verify", "A.h5 B.h5", "compare two checkpoints", run_verify},
    Command{"doctor", "[--slurm]", "what this build and machine have", run_doctor},
};

void print_overview() {
  fmt::print("dtrain {}: data-parallel training of CNNs and MLPs over MPI\n\nUsage:\n", version);
  for (const Command& command : table)
    fmt::print("  {:<46}{}\n", fmt::format("dtrain {} {}", command.name, command.synopsis),
               command.summary);
  fmt::print(
      "\n`dtrain COMMAND --help` lists the options of a command. Examples:\n"
      "  dtrain --model cnn                         one rank, the embedded digits\n"
      "  dtrain launch -np 8 -- --model cnn         eight ranks on this machine\n"
      "  mpirun -np 8 dtrain --model cnn            the same under an MPI launcher\n");
}

}  // namespace

std::span<const Command> commands() {
  return table;
}

ExitCode run_command_line(Arguments words, Session& session) {
  if (words.empty() || words[0].starts_with("-")) {
    const bool help = !words.empty() && (words[0] == "--help" || words[0] == "-h");
    if (help && session.is_root()) print_overview();
    return help ? ExitCode::done : run_train(words, session);
  }
  if (words[0] == "help" && words.size() == 1) {
    if (session.is_root()) print_overview();
    return ExitCode::done;
  }
  const auto command = std::find_if(table.begin(), table.end(),
                                    [&](const Command& row) { return row.name == words[0]; });
  if (command != table.end()) return command->run(words.subspan(1), session);

  std::vector<std::string> names;
  names.reserve(table.size());
  for (const Command& row : table) names.emplace_back(row.name);
  throw UsageError(fmt::format("there is no command \"{}\"{}; `dtrain --help` lists them", words[0],
                               did_you_mean(words[0], names)));
}

}  // namespace dtrain::launch
