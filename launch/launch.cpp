// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain launch: starts the ranks with Open MPI's mpirun, or with srun inside a Slurm job, so that
// nobody needs to know their settings, turns how the job ended into dtrain's exit codes, and starts
// it again where that was a lost rank.

#include <algorithm>
#include <filesystem>

#include "launch/command_line.hpp"
#include "launch/console.hpp"
#include "launch/hosts.hpp"
#include "launch/job.hpp"
#include "launch/run_folder.hpp"
#include "launch/train_command_line.hpp"

namespace dtrain::launch {
namespace {

struct LaunchOptions {
  Placement placement;
  std::int64_t max_restarts = 0;
};

std::unique_ptr<CLI::App> make_launch_parser(LaunchOptions& options) {
  auto parser = make_parser(
      "launch",
      "Start ranks of dtrain: dtrain launch -np N -- [COMMAND] OPTIONS\n\n"
      "  dtrain launch -np 8 -- --model cnn                  trains\n"
      "  dtrain launch -np 2 --hosts a,b -- bench allreduce  runs another command\n\n"
      "mpirun, or srun inside a Slurm job, is told what it needs: root, more ranks than "
      "cores, binding.\nRanks share the cores among their threads; --threads behind -- "
      "says otherwise.");
  parser->add_option("-n,--np", options.placement.ranks, "number of ranks")
      ->type_name("N")
      ->required()
      ->check(integer_in(1, 1 << 20));
  parser
      ->add_option("--hosts", options.placement.hosts,
                   "where: HOST[:RANKS],… (default: this machine, or the Slurm job)")
      ->type_name("LIST");
  parser
      ->add_option("--launcher", options.placement.launcher,
                   "mpirun or srun (default: srun inside a Slurm job, else mpirun)")
      ->type_name("NAME")
      ->check(one_of({"mpirun", "srun"}));
  parser
      ->add_option("--ranks-per-node", options.placement.ranks_per_node,
                   "so many on each node of a Slurm job (default: as Slurm spreads them)")
      ->type_name("N")
      ->check(integer_in(1, 1 << 20));
  parser
      ->add_option("--max-restarts", options.max_restarts,
                   "how often training goes on from its newest checkpoint after a rank was lost or "
                   "hung (code 4); without those of --hosts that no longer answer")
      ->type_name("K")
      ->check(integer_in(0, 1 << 20))
      ->capture_default_str();
  return parser;
}

/// What the ranks are to run, and whether that is training.
struct RankCommand {
  std::vector<std::string> words;
  bool trains = false;
  TrainSettings settings;  ///< where it trains
};

/// The same run again, from its newest checkpoint.
std::vector<std::string> going_on(std::vector<std::string> words) {
  words.insert(words.end(), {"--resume", "auto"});
  return words;
}

/// Where the run writes: a restart must find it.
std::string folder_of(const TrainSettings& settings) {
  return choose_run_folder(settings, settings.model, settings.data).string();
}

/// The hosts that are left for the next attempt. Throws Error where the run cannot go on there.
Placement next_placement(const Placement& before, const TrainSettings& settings) {
  if (slurm_starts_ranks(before)) return before;  // the allocation is Slurm's
  Placement after = surviving(before);
  if (after.ranks == 0)
    throw Error(fmt::format("none of --hosts {} answers", before.hosts), ExitCode::lost_rank);
  if (after.ranks < before.ranks && settings.batch_per_rank > 0)
    throw Error(fmt::format("only {} answer: with --batch-per-rank fewer ranks would mean another "
                            "global batch. Go on by hand, or use --global-batch",
                            after.hosts),
                ExitCode::lost_rank);
  return after;
}

/// Runs the job, and again as long as a rank is lost and a restart is left.
JobEnd run_attempts(const LaunchOptions& options, RankCommand command) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::int64_t attempts = options.max_restarts + 1;
  Placement placement = options.placement;
  if (attempts > 1)
    command.words.insert(command.words.end(), {"--output", folder_of(command.settings)});
  for (std::int64_t attempt = 1;; ++attempt) {
    std::vector<std::string> job = launcher_command(placement);
    job.push_back(program);
    job.insert(job.end(), command.words.begin(), command.words.end());
    JobEnd end = run_job(job);
    hold_stop_requests();
    if (end.code != ExitCode::lost_rank || attempt == attempts || stop_requested()) return end;

    const Placement next = next_placement(placement, command.settings);
    std::string note =
        fmt::format("attempt {} of {} ended: {}; going on", attempt, attempts,
                    end.what.empty() ? "a rank was lost or hung, as told above" : end.what);
    if (next.ranks != placement.ranks)
      note += fmt::format(" with {} instead of {} ranks, on {}", next.ranks, placement.ranks,
                          next.hosts);
    show(stderr, fmt::format("dtrain: note: {}\n", note));
    if (attempt == 1) command.words = going_on(std::move(command.words));
    placement = next;
  }
}

}  // namespace

ExitCode run_launch(Arguments arguments, Session& session) {
  hold_stop_requests();  // until there is whom to pass one on to
  const auto separator = std::find(arguments.begin(), arguments.end(), "--");
  const auto own = static_cast<std::size_t>(separator - arguments.begin());

  LaunchOptions options;
  const auto parser = make_launch_parser(options);
  // mpirun's users write -np, which is two letters behind one dash.
  std::vector<std::string> words(arguments.begin(),
                                 arguments.begin() + static_cast<std::ptrdiff_t>(own));
  std::replace(words.begin(), words.end(), std::string("-np"), std::string("--np"));
  if (!parse(*parser, words, session)) return ExitCode::done;

  // A bad training option is found here, before any rank runs.
  const Arguments inner = own < arguments.size() ? arguments.subspan(own + 1) : Arguments{};
  RankCommand command{{inner.begin(), inner.end()}, false, {}};
  command.trains = inner.empty() || inner[0].starts_with("-") || inner[0] == "train";
  if (command.trains) {
    const Arguments train_words = inner.empty() || inner[0] != "train" ? inner : inner.subspan(1);
    const TrainCommandLine line = parse_train_options(train_words, session);
    if (line.request == TrainRequest::help) return ExitCode::done;
    if (line.request != TrainRequest::train) return run_command_line(inner, session);
    command.settings = line.settings;
  } else if (options.max_restarts > 0) {
    throw UsageError("--max-restarts is for training: other commands have nothing to go on from");
  }
  if (comm::started_by_launcher())
    throw UsageError("dtrain launch starts the ranks itself: run it without mpirun or srun");

  const JobEnd end = run_attempts(options, std::move(command));
  if (end.what.empty()) return end.code;
  if (end.code != ExitCode::lost_rank) throw Error(end.what, end.code);
  throw Error(fmt::format("{}: go on with --resume and the folder of the run", end.what), end.code);
}

}  // namespace dtrain::launch
