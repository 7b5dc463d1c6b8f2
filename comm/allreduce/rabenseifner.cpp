// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/allreduce/building_blocks.hpp"

// Reduce-scatter by halving: in step k ranks whose numbers differ in bit k share the block that
// both have summed so far; each sends one half, keeps the other and adds what comes. After log2 P
// steps each rank has the sum of one slice. All-gather by doubling goes the same way back. As few
// bytes as a ring in far fewer steps; the large messages go between near ranks.
//
// R. Thakur, R. Rabenseifner, W. Gropp: Optimization of collective communication operations in
// MPICH, Int. J. High Perform. Comput. Appl. 19 (2005), 49-66 (the algorithm is
// Rabenseifner's, 1997).

namespace dtrain::comm {
namespace {

void sum_over_power_of_two(Transport& transport, int ranks, std::span<float> data,
                           Workspace& workspace) {
  const int rank = transport.rank();
  const auto slices = [&](int first, int count) {
    const std::size_t begin = slice_of(data.size(), ranks, first).begin;
    return data.subspan(begin, slice_of(data.size(), ranks, first + count - 1).end - begin);
  };
  int mine = 0;  // the first of the slices that this rank sums
  for (int distance = 1, half = ranks / 2; half > 0; distance *= 2, half /= 2) {
    const int partner = rank ^ distance;
    const int other = (rank & distance) != 0 ? mine : mine + half;
    mine = (rank & distance) != 0 ? mine + half : mine;
    exchange_and_add(transport, partner, slices(other, half), partner, slices(mine, half),
                     workspace);
  }
  for (int distance = ranks / 2, half = 1; distance > 0; distance /= 2, half *= 2) {
    const int partner = rank ^ distance;
    exchange(transport, partner, slices(mine, half), partner, slices(mine ^ half, half));
    mine &= ~half;
  }
}

void sum(Transport& transport, std::span<float> data, Workspace& workspace) {
  fold_extra_ranks(transport, data, workspace,
                   [&](int ranks) { sum_over_power_of_two(transport, ranks, data, workspace); });
}

}  // namespace

constinit const AllreduceAlgorithm rabenseifner_algorithm{
    .name = "rabenseifner",
    .run = sum,
    .steps = [](int ranks) { return 2 * doublings(ranks) + 2 * has_extra_ranks(ranks); },
    .bytes =
        [](int ranks, std::int64_t bytes) {
          const int power = power_of_two_in(ranks);
          return 2 * bytes * (power - 1) / power + bytes * has_extra_ranks(ranks);
        },
};

}  // namespace dtrain::comm
