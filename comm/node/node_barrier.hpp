// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include "comm/node/node_group.hpp"
#include "comm/waiting.hpp"

namespace dtrain::comm {

/// A barrier in shared memory. What ranks wrote before they met, all see afterwards.
class NodeBarrier {
 public:
  /// Collective. `group` outlives it.
  NodeBarrier(NodeGroup& group, Waiting waiting);

  /// Returns when all ranks of the node have come. A rank that waits looks often first, or yields
  /// its core a few times where that is wanted by others, and then sleeps until it is woken.
  void arrive_and_wait();

 private:
  struct Flag;
  Flag& flag(int rank) const;

  int rank_, size_;
  std::unique_ptr<SharedBlocks> flags_;
  Waiting waiting_;
  unsigned round_ = 0;
};

}  // namespace dtrain::comm
