// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "launch/placement.hpp"

namespace dtrain::launch {
namespace {

/// The ranks of a node, with their numbers in the job.
struct Node {
  std::vector<int> ranks;
  std::vector<const RankPlace*> places;
};
using Nodes = std::map<std::string, Node>;

Nodes by_node(const std::vector<RankPlace>& ranks) {
  Nodes nodes;
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    Node& node = nodes[ranks[rank].host];
    node.ranks.push_back(static_cast<int>(rank));
    node.places.push_back(&ranks[rank]);
  }
  return nodes;
}

/// The first two ranks of the node whose `what` overlap.
std::optional<std::pair<std::size_t, std::size_t>> overlap(const Node& node,
                                                           std::vector<int> RankPlace::*what) {
  for (std::size_t b = 1; b < node.places.size(); ++b)
    for (std::size_t a = 0; a < b; ++a)
      if (std::ranges::find_first_of(node.places[a]->*what, node.places[b]->*what) !=
          (node.places[a]->*what).end())
        return std::pair(a, b);
  return std::nullopt;
}

Check check_cores(const Nodes& nodes) {
  for (const auto& [host, node] : nodes) {
    std::set<int> cores;
    for (const RankPlace* place : node.places)
      cores.insert(place->cores.begin(), place->cores.end());
    if (node.ranks.size() > cores.size())
      return {false, "cores",
              fmt::format("{} ranks share {} cores of {}: ask for fewer --ntasks-per-node, or for "
                          "whole cores with --cpus-per-task and --hint=nomultithread",
                          node.ranks.size(), cores.size(), host)};
    if (const auto pair = overlap(node, &RankPlace::cpus))
      return {
          false, "cores",
          fmt::format("ranks {} and {} on {} may both run on CPUs {} and {}: bind each to its own "
                      "with srun --cpu-bind=cores",
                      node.ranks[pair->first], node.ranks[pair->second], host,
                      ranges_text(node.places[pair->first]->cpus),
                      ranges_text(node.places[pair->second]->cpus))};
  }
  return {true, "cores", "each rank has its own"};
}

Check check_hyper_threads(const Nodes& nodes) {
  for (const auto& [host, node] : nodes) {
    const auto pair = overlap(node, &RankPlace::cores);
    if (pair && !overlap(node, &RankPlace::cpus))
      return {false, "hyper-threads",
              fmt::format("ranks {} and {} on {} are hyper-threads of one core: "
                          "#SBATCH --hint=nomultithread gives each a whole one",
                          node.ranks[pair->first], node.ranks[pair->second], host)};
    for (std::size_t i = 0; i < node.places.size(); ++i)
      if (node.places[i]->cpus.size() > node.places[i]->cores.size())
        return {false, "hyper-threads",
                fmt::format("rank {} on {} has {} CPUs on {} cores: --threads {} is enough",
                            node.ranks[i], host, node.places[i]->cpus.size(),
                            node.places[i]->cores.size(), node.places[i]->cores.size())};
  }
  return {true, "hyper-threads", "none is shared"};
}

Check check_cpus_per_task(const std::vector<RankPlace>& ranks, const Granted& granted) {
  for (std::size_t rank = 0; rank < ranks.size(); ++rank)
    if (static_cast<int>(ranks[rank].cpus.size()) < granted.cpus_per_task)
      return {false, "CPUs of a task",
              fmt::format("{} were asked for, rank {} has {}: since Slurm 22.05 srun wants "
                          "--cpus-per-task too, or SRUN_CPUS_PER_TASK",
                          granted.cpus_per_task, rank, ranks[rank].cpus.size())};
  return {true, "CPUs of a task", "as asked for"};
}

Check check_gpus(const Nodes& nodes, const Granted& granted) {
  for (const auto& [host, node] : nodes) {
    const int visible = node.places.front()->gpus;
    if (granted.gpus_per_node > 0 && visible == 0)
      return {false, "GPUs",
              fmt::format("{} granted on {}, but rank {} sees none: {}", granted.gpus_per_node,
                          host, node.ranks.front(), node.places.front()->no_gpus)};
    if (visible > 0 &&
        static_cast<int>(node.ranks.size()) > std::max(visible, granted.gpus_per_node))
      return {false, "GPUs",
              fmt::format("{} ranks share {} GPUs of {}: ask for as many --ntasks-per-node as GPUs",
                          node.ranks.size(), std::max(visible, granted.gpus_per_node), host)};
  }
  return {true, "GPUs", granted.gpus_per_node > 0 ? "visible to the ranks" : "none asked for"};
}

Check check_network(const Nodes& nodes) {
  if (nodes.size() == 1) return {true, "network", "not used: one node"};
  const bool uses = std::ranges::any_of(nodes, [](const auto& node) {
    return std::ranges::any_of(node.second.places,
                               [](const RankPlace* place) { return place->uses_infiniband; });
  });
  for (const auto& [host, node] : nodes)
    if (node.places.front()->has_infiniband && !uses)
      return {
          false, "network",
          fmt::format("{} has InfiniBand, but no rank uses it: MPI goes over TCP. Open MPI wants "
                      "UCX (ompi_info | grep ucx; OMPI_MCA_pml=ucx says why not)",
                      host)};
  return {true, "network", uses ? "InfiniBand" : "no InfiniBand on these nodes"};
}

}  // namespace

std::string ranges_text(const std::vector<int>& ascending) {
  std::string text;
  for (std::size_t begin = 0; begin < ascending.size();) {
    std::size_t end = begin + 1;
    while (end < ascending.size() && ascending[end] == ascending[end - 1] + 1) ++end;
    text += fmt::format("{}{}", text.empty() ? "" : ",", ascending[begin]);
    if (end > begin + 1) text += fmt::format("-{}", ascending[end - 1]);
    begin = end;
  }
  return text;
}

std::vector<Check> check_placements(const std::vector<RankPlace>& ranks, const Granted& granted) {
  const Nodes nodes = by_node(ranks);
  return {check_cores(nodes), check_hyper_threads(nodes), check_cpus_per_task(ranks, granted),
          check_gpus(nodes, granted), check_network(nodes)};
}

}  // namespace dtrain::launch
