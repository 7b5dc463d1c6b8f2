// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What every Communicator must do, checked against plain sums. Collective: call on all ranks.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "comm/communicator.hpp"

namespace dtrain::comm {

/// Element i of a rank's data: small integers, so that sums are exact in any order.
template <class T>
T element(int rank, std::size_t i) {
  return static_cast<T>((static_cast<std::size_t>(rank) * 7 + i * 3) % 101) - T{50};
}

template <class T>
T expected(ReduceOp op, int ranks, std::size_t i) {
  T result = element<T>(0, i);
  for (int rank = 1; rank < ranks; ++rank) {
    const T other = element<T>(rank, i);
    result = op == ReduceOp::sum   ? result + other
             : op == ReduceOp::max ? std::max(result, other)
                                   : std::min(result, other);
  }
  return result;
}

template <class T>
void check_allreduce(Communicator& comm) {
  for (const ReduceOp op : {ReduceOp::sum, ReduceOp::max, ReduceOp::min}) {
    for (const std::size_t size : {0, 1, 2, 3, 7, 64, 1001, 100003}) {
      std::vector<T> data(size);
      for (std::size_t i = 0; i < size; ++i) data[i] = element<T>(comm.rank(), i);
      comm.allreduce(std::span<T>(data), op);
      for (std::size_t i = 0; i < size; ++i)
        ASSERT_EQ(data[i], expected<T>(op, comm.size(), i)) << "element " << i << " of " << size;
    }
  }
}

inline void check_broadcast(Communicator& comm) {
  for (int root = 0; root < comm.size(); ++root) {
    for (const std::size_t size : {0, 1, 1001}) {
      std::vector<std::byte> data(size, std::byte(comm.rank()));
      comm.broadcast(data, root);
      ASSERT_EQ(data, std::vector<std::byte>(size, std::byte(root)));
    }
  }
}

/// Rank r brings r * 3 bytes: none from rank 0.
inline void check_all_gather(Communicator& comm) {
  const auto bytes_of = [](int rank) {
    return std::vector<std::byte>(static_cast<std::size_t>(rank) * 3, std::byte(rank));
  };
  const auto gathered = comm.all_gather(bytes_of(comm.rank()));
  ASSERT_EQ(gathered.size(), static_cast<std::size_t>(comm.size()));
  for (int rank = 0; rank < comm.size(); ++rank)
    ASSERT_EQ(gathered[static_cast<std::size_t>(rank)], bytes_of(rank));
}

/// Sums whose last bits depend on the order: all ranks must still get the same bits.
inline void check_same_bits(Communicator& comm) {
  std::vector<double> data(4099);
  for (std::size_t i = 0; i < data.size(); ++i)
    data[i] = 1.0 / static_cast<double>(i + 3 * static_cast<std::size_t>(comm.rank()) + 1);
  comm.allreduce(std::span<double>(data), ReduceOp::sum);
  const auto all = comm.all_gather(std::as_bytes(std::span(data)));
  for (const auto& bytes : all) ASSERT_EQ(bytes, all[0]);
}

inline void check_topology(Communicator& comm) {
  ASSERT_GE(comm.rank(), 0);
  ASSERT_LT(comm.rank(), comm.size());
  ASSERT_GE(comm.local_rank(), 0);
  ASSERT_LT(comm.local_rank(), comm.local_size());
  std::int64_t leaders = comm.local_rank() == 0 ? 1 : 0;
  comm.allreduce(std::span(&leaders, 1), ReduceOp::sum);
  ASSERT_EQ(leaders, comm.nodes());
}

inline void check_communicator(Communicator& comm) {
  check_topology(comm);
  check_allreduce<double>(comm);
  check_allreduce<std::int64_t>(comm);
  check_broadcast(comm);
  check_all_gather(comm);
  check_same_bits(comm);
  comm.barrier();
}

}  // namespace dtrain::comm
