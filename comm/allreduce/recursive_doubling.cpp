// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/allreduce/building_blocks.hpp"

// In step k ranks whose numbers differ in bit k swap their whole arrays and both add: after log2 P
// steps everybody has the sum. The fewest steps, so the choice for short messages. Both partners
// compute the same bits, because a + b = b + a in floating point too.
//
// R. Thakur, R. Rabenseifner, W. Gropp: Optimization of collective communication operations in
// MPICH, Int. J. High Perform. Comput. Appl. 19 (2005), 49-66.

namespace dtrain::comm {
namespace {

void sum(Transport& transport, std::span<float> data, Workspace& workspace) {
  fold_extra_ranks(transport, data, workspace, [&](int ranks) {
    for (int distance = 1; distance < ranks; distance *= 2) {
      const int partner = transport.rank() ^ distance;
      exchange_and_add(transport, partner, data, partner, data, workspace);
    }
  });
}

}  // namespace

constinit const AllreduceAlgorithm recursive_doubling_algorithm{
    .name = "recursive-doubling",
    .run = sum,
    .steps = [](int ranks) { return doublings(ranks) + 2 * has_extra_ranks(ranks); },
    .bytes = [](int ranks,
                std::int64_t bytes) { return bytes * (doublings(ranks) + has_extra_ranks(ranks)); },
};

}  // namespace dtrain::comm
