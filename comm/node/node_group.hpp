// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace dtrain::comm {

/// Memory of which each rank of a node has a block, and all ranks see all blocks.
class SharedBlocks {
 public:
  virtual ~SharedBlocks() = default;
  /// Where this process sees `rank`'s block; aligned to a cache line at least.
  virtual std::byte* block(int rank) const = 0;
};

/// Ranks that share memory: of one node under MPI, threads of one process in tests.
class NodeGroup {
 public:
  virtual ~NodeGroup() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// `bytes` for each rank, zeroed by their rank, whose memory is therefore near it. Collective, as
  /// is the end of the blocks. Throws Error on all ranks where there is not enough.
  virtual std::unique_ptr<SharedBlocks> allocate(std::size_t bytes) = 0;
};

/// `ranks` groups of one process, one per thread, for tests.
std::vector<std::unique_ptr<NodeGroup>> make_thread_node_groups(int ranks);

}  // namespace dtrain::comm
