// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/study_jobs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace dtrain::launch {
namespace {

namespace fs = std::filesystem;

// {0} the study's folder, {1} the folder that it was started in, {2} dtrain and the study's own words,
// {3} train options, {4} numbers of ranks, {5} repeats, {6} threads of a rank, {7} more of sbatch.
constexpr const char* script = R"(#!/bin/bash
# The jobs of a study, written by dtrain study. `bash study.sh` submits them: for each number of ranks
# an array with a task for each repeat, and behind them all a job that writes study.json and the report.
# Account, partition and time limit: SBATCH_ACCOUNT, SBATCH_PARTITION, SBATCH_TIMELIMIT.
#SBATCH --exclusive
set -euo pipefail
cd {1}

study() {{ {2} --output {0} "$@" -- {3}; }}

submit() {{ sbatch --parsable --output={0}/slurm-%x-%A_%a.log "$@" | cut -d';' -f1; }}

case ${{1:-submit}} in
submit)
  jobs=""
  for ranks in {4}; do
    job=$(submit --job-name=study --ntasks="$ranks"{7} --cpus-per-task={6} --array=1-{5} \
      {0}/study.sh runs "$ranks")
    jobs+=:$job
  done
  report=$(submit --job-name=study-report --ntasks=1 --dependency="afterany$jobs" {0}/study.sh report)
  echo "submitted${{jobs//:/ }}, and $report that writes the report into "{0}
  ;;
runs) study --launcher srun --part "$2:$SLURM_ARRAY_TASK_ID" ;;
report) study --launcher srun --collect ;;
esac
)";

}  // namespace

std::string slurm_script(const StudyOptions& options, const std::vector<std::string>& own_words) {
  std::vector<std::string> command{fs::read_symlink("/proc/self/exe").string(), "study"};
  command.insert(command.end(), own_words.begin(), own_words.end());
  std::string more;
  if (options.ranks_per_node > 0)
    more = fmt::format(
        " --nodes=$(((ranks + {0} - 1) / {0})) --ntasks-per-node=$((ranks < {0} ? ranks : {0}))",
        options.ranks_per_node);
  const std::int64_t threads = std::max<std::int64_t>(1, std::ranges::max(options.matrix.threads));
  return fmt::format(script, shell_text({fs::absolute(options.folder).string()}),
                     shell_text({fs::current_path().string()}), shell_text(command),
                     shell_text(options.train_words), fmt::join(options.matrix.ranks, " "),
                     options.matrix.repeats, threads, more);
}

}  // namespace dtrain::launch
