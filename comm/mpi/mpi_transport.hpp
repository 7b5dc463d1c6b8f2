// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <mpi.h>

#include "comm/mpi/in_pieces.hpp"
#include "comm/transport.hpp"
#include "comm/waiting.hpp"

namespace dtrain::comm {

/// Messages by MPI, on host memory.
class MpiTransport : public Transport {
 public:
  /// Duplicates `parent`. Collective. Where one rank is to sleep all do: the library's own sum waits
  /// in the same manner (MPI_Iallreduce, polled); else it is MPI_Allreduce.
  MpiTransport(MPI_Comm parent, Waiting waiting, std::size_t max_count = largest_mpi_count);
  ~MpiTransport() override;
  MpiTransport(const MpiTransport&) = delete;
  MpiTransport& operator=(const MpiTransport&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void exchange(int to, std::span<const std::byte> out, int from, std::span<std::byte> in) override;
  void allreduce(std::span<float> data) override { sum(data, MPI_FLOAT); }
  void allreduce(std::span<double> data) override { sum(data, MPI_DOUBLE); }

 private:
  template <class Number>
  void sum(std::span<Number> data, MPI_Datatype type);
  /// Completes and forgets requests_.
  void wait();

  MPI_Comm comm_ = MPI_COMM_NULL;
  Waiting waiting_;
  std::size_t max_count_;
  int rank_ = 0, size_ = 1;
  std::vector<MPI_Request> requests_;
};

}  // namespace dtrain::comm
