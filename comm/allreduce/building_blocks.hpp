// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What the algorithms share. The row of the table that describes an algorithm is in its own file.

#include <bit>

#include "comm/allreduce/algorithms.hpp"

namespace dtrain::comm {

extern const AllreduceAlgorithm ring_algorithm, recursive_doubling_algorithm,
    rabenseifner_algorithm;

/// exchange() of floats.
void exchange(Transport&, int to, std::span<const float> out, int from, std::span<float> in);

/// exchange() into scratch memory, then sum += what came in.
void exchange_and_add(Transport&, int to, std::span<const float> out, int from,
                      std::span<float> sum, Workspace&);

/// Algorithms that pair ranks by the bits of their numbers want a power of two of them. The ranks
/// from that power on hand their data to rank - power before and receive the sum after.
inline int power_of_two_in(int ranks) {
  return static_cast<int>(std::bit_floor(static_cast<unsigned>(ranks)));
}
inline bool has_extra_ranks(int ranks) {
  return ranks != power_of_two_in(ranks);
}
/// Exponent of power_of_two_in().
inline int doublings(int ranks) {
  return std::bit_width(static_cast<unsigned>(ranks)) - 1;
}

/// Runs core(power) on the ranks below that power of two, with the data of all ranks.
template <class Core>
void fold_extra_ranks(Transport& transport, std::span<float> data, Workspace& workspace,
                      const Core& core) {
  const int power = power_of_two_in(transport.size()), rank = transport.rank();
  if (rank >= power) {
    exchange(transport, rank - power, data, rank - power, {});
    exchange(transport, rank - power, {}, rank - power, data);
    return;
  }
  const int extra = rank + power;
  if (extra < transport.size()) exchange_and_add(transport, extra, {}, extra, data, workspace);
  core(power);
  if (extra < transport.size()) exchange(transport, extra, data, extra, {});
}

}  // namespace dtrain::comm
