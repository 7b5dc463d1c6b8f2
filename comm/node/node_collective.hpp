// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <map>

#include "comm/flat_collective.hpp"
#include "comm/node/node_barrier.hpp"

namespace dtrain::comm {

/// Knows which ranks share memory (docs/collectives.md). Arrays lie in memory that all ranks of a
/// node see. Each of them sums its slice by reading every rank's array, exchanges the slice with the
/// ranks of other nodes that have the same one, and writes it to every rank's array: no copies, and
/// every byte crosses the network once per node.
class NodeCollective : public Collective {
 public:
  /// `slices`: into which arrays are cut, the smallest number of ranks on any node; the group's
  /// first `slices` ranks have one. `across`: the ranks with this rank's slice, one per node, in
  /// the order of nodes; null for a rank without a slice, and where there is one node only.
  NodeCollective(std::unique_ptr<NodeGroup> group, int slices,
                 std::unique_ptr<FlatCollective> across, Waiting waiting);

  std::string name() const override { return "node"; }
  std::unique_ptr<kernels::Allocation> allocate(std::size_t bytes) override;
  void allreduce(std::span<float> data, std::span<float> residual,
                 kernels::Stream& stream) override;
  void allreduce_exactly(std::span<float> data, const Addends& addends, const ExactSum& exact,
                         kernels::Stream& stream) override;
  Range owned(std::size_t count) const override;
  void reduce_scatter(std::span<float> data, std::span<float> residual,
                      kernels::Stream& stream) override;
  void all_gather(std::span<float> data, kernels::Stream& stream) override;

 private:
  class Memory;

  /// This rank's slice of an array of `count` floats.
  Range slice(std::size_t count) const;
  /// Finds where each rank of the node has `mine` of its array.
  void locate(std::span<float> mine);
  /// This rank's own of the places that were found.
  std::span<float* const> own_place() const;
  void copy_to_others(std::size_t count);
  int& addend_count(int rank) const;

  std::unique_ptr<NodeGroup> group_;
  const int slices_;
  std::unique_ptr<FlatCollective> across_;
  NodeBarrier barrier_;
  std::unique_ptr<SharedBlocks> addend_counts_;  ///< an int per rank
  std::vector<double> exact_sums_;
  std::map<const std::byte*, Memory*> memory_;  ///< by this rank's block
  std::vector<float*> places_;                  ///< what locate() found, by rank
};

}  // namespace dtrain::comm
