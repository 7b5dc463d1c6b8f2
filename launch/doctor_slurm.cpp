// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/doctor_slurm.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "base/error.hpp"
#include "base/host_name.hpp"
#include "launch/console.hpp"
#include "launch/placement.hpp"

namespace dtrain::launch {
namespace {

constexpr std::size_t most_ranks_listed = 64;

/// Slurm's variable without its prefix; `otherwise` where it is not set.
std::string slurm(const char* name, const std::string& otherwise = "") {
  const char* value = std::getenv(fmt::format("SLURM_{}", name).c_str());
  return value != nullptr ? value : otherwise;
}

int slurm_number(const char* name) {
  return std::atoi(slurm(name).c_str());
}

std::string granted_text() {
  std::string memory = "as the partition sets it";
  if (const auto node = slurm("MEM_PER_NODE"); !node.empty()) memory = node + " MB a node";
  if (const auto cpu = slurm("MEM_PER_CPU"); !cpu.empty()) memory = cpu + " MB a CPU";
  std::string text = "Granted\n";
  text += fact_line("nodes", fmt::format("{}: {}", slurm("JOB_NUM_NODES"), slurm("JOB_NODELIST")));
  text += fact_line("tasks",
                    fmt::format("{}, a node {}", slurm("NTASKS", "not said"),
                                slurm("STEP_TASKS_PER_NODE", slurm("TASKS_PER_NODE", "not said"))));
  text += fact_line("CPUs", fmt::format("{} a task, {} a node", slurm("CPUS_PER_TASK", "1"),
                                        slurm("JOB_CPUS_PER_NODE", "not said")));
  text += fact_line("memory", memory);
  text += fact_line("GPUs", fmt::format("{} a node", slurm("GPUS_ON_NODE", "none")));
  return text + fact_line("partition", slurm("JOB_PARTITION", "not said"));
}

std::string ranks_text(const std::vector<RankPlace>& ranks) {
  Table table({"rank", "node", "CPUs", "cores", "GPUs"},
              {Table::Align::right, Table::Align::left, Table::Align::left});
  for (std::size_t rank = 0; rank < ranks.size() && rank < most_ranks_listed; ++rank)
    table.add_row({std::to_string(rank), ranks[rank].host, ranges_text(ranks[rank].cpus),
                   std::to_string(ranks[rank].cores.size()), std::to_string(ranks[rank].gpus)});
  std::string text = fmt::format("\n{}", table.text());
  if (ranks.size() > most_ranks_listed)
    text += fmt::format("and {} more\n", ranks.size() - most_ranks_listed);
  return text;
}

}  // namespace

void describe_slurm_job(Session& session) {
  if (slurm("JOB_ID").empty())
    throw UsageError("--slurm: this is no Slurm job; try srun --nodes=2 dtrain doctor --slurm");
  const bool one_of_several = comm::started_by_launcher();
  const auto ranks = rank_places(session.communicator());
  if (!session.is_root()) return;

  std::string text =
      fmt::format("Slurm job {} ({}) on {}\n\n", slurm("JOB_ID"), slurm("JOB_NAME"), host_name());
  text += granted_text() + ranks_text(ranks) + "\nPlacement\n";
  for (const Check& check : check_placements(ranks, {.cpus_per_task = slurm_number("CPUS_PER_TASK"),
                                                    .gpus_per_node = slurm_number("GPUS_ON_NODE")}))
    text += fmt::format("  [{}] {:<18}{}\n", check.good ? 'X' : ' ', check.subject, check.text);
  if (!one_of_several)
    text +=
        "\nThis is one process; start it as training is started to see all ranks, for example "
        "srun --mpi=pmix dtrain doctor --slurm\n";
  show(stdout, text);
}

}  // namespace dtrain::launch
