// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <algorithm>

#include "comm/node/node_collective.hpp"

namespace dtrain::comm {

std::vector<CollectiveFactory> thread_node_collectives(std::span<const int> ranks_of_node,
                                                       std::string_view across) {
  struct Parts {  // of all ranks, until they take theirs
    std::vector<std::vector<std::unique_ptr<NodeGroup>>> groups;      // by node and rank
    std::vector<std::vector<std::unique_ptr<Transport>>> transports;  // by slice and node
  };
  const auto parts = std::make_shared<Parts>();
  const int slices = *std::ranges::min_element(ranks_of_node);
  for (const int ranks : ranks_of_node) parts->groups.push_back(make_thread_node_groups(ranks));
  if (ranks_of_node.size() > 1)
    for (int slice = 0; slice < slices; ++slice)
      parts->transports.push_back(make_thread_transports(static_cast<int>(ranks_of_node.size())));

  std::vector<CollectiveFactory> factories;
  for (std::size_t node = 0; node < ranks_of_node.size(); ++node)
    for (std::size_t rank = 0; rank < parts->groups[node].size(); ++rank)
      factories.emplace_back([=, &algorithm = allreduce_algorithm(across)] {
        std::unique_ptr<FlatCollective> flat;
        if (rank < parts->transports.size())
          flat =
              std::make_unique<FlatCollective>(std::move(parts->transports[rank][node]), algorithm);
        return std::make_unique<NodeCollective>(std::move(parts->groups[node][rank]), slices,
                                                std::move(flat), Waiting::sleep);
      });
  return factories;
}

}  // namespace dtrain::comm
