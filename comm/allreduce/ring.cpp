// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/allreduce/building_blocks.hpp"

// Each rank sends to the next one only. The array is cut into P slices; in P - 1 steps every slice
// travels once around, gathering each rank's values, and ends with its owner (reduce-scatter); in
// P - 1 more the sums travel around (all-gather). A rank sends 2 (P-1)/P of the array, the least
// that is possible.
//
// P. Patarasuk, X. Yuan: Bandwidth optimal all-reduce algorithms for clusters of workstations,
// J. Parallel Distrib. Comput. 69 (2009), 117-124.

namespace dtrain::comm {
namespace {

/// This rank's neighbours, and the slice that lies `back` places before this rank's own.
struct Ring {
  Ring(const Transport& transport, std::span<float> array)
      : ranks(transport.size()),
        rank(transport.rank()),
        next((rank + 1) % ranks),
        previous((rank + ranks - 1) % ranks),
        data(array) {}

  std::span<float> slice(int back) const {
    return elements(data, slice_of(data.size(), ranks, (rank + ranks - back) % ranks));
  }

  int ranks, rank, next, previous;
  std::span<float> data;
};

void sum(Transport& transport, std::span<float> data, Workspace& workspace) {
  ring_reduce_scatter(transport, data, workspace);
  ring_all_gather(transport, data);
}

}  // namespace

void ring_reduce_scatter(Transport& transport, std::span<float> data, Workspace& workspace) {
  const Ring ring(transport, data);
  for (int step = 1; step < ring.ranks; ++step)
    exchange_and_add(transport, ring.next, ring.slice(step), ring.previous, ring.slice(step + 1),
                     workspace);
}

void ring_all_gather(Transport& transport, std::span<float> data) {
  const Ring ring(transport, data);
  for (int step = 1; step < ring.ranks; ++step)
    exchange(transport, ring.next, ring.slice(step - 1), ring.previous, ring.slice(step));
}

constinit const AllreduceAlgorithm ring_algorithm{
    .name = "ring",
    .run = sum,
    .steps = [](int ranks) { return 2 * (ranks - 1); },
    .bytes = [](int ranks, std::int64_t bytes) { return 2 * bytes * (ranks - 1) / ranks; },
};

}  // namespace dtrain::comm
