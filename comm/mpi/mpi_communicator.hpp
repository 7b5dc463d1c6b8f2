// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <mpi.h>

#include "comm/communicator.hpp"
#include "comm/mpi/in_pieces.hpp"

namespace dtrain::comm {

/// Collectives of the MPI library, straight on the caller's memory, which must be host memory.
class MpiCommunicator : public Communicator {
 public:
  /// Duplicates `parent` and finds out which ranks share a node. Collective.
  explicit MpiCommunicator(MPI_Comm parent, std::size_t max_count = largest_mpi_count);
  ~MpiCommunicator() override;
  MpiCommunicator(const MpiCommunicator&) = delete;
  MpiCommunicator& operator=(const MpiCommunicator&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int local_rank() const override { return local_rank_; }
  int local_size() const override { return local_size_; }
  int nodes() const override { return nodes_; }
  int numa_domains() const override { return numa_domains_; }
  std::string name() const override { return "mpi"; }

  void allreduce(std::span<double> data, ReduceOp op) override;
  void allreduce(std::span<std::int64_t> data, ReduceOp op) override;
  void broadcast(std::span<std::byte> data, int root) override;
  /// At most 2 GiB over all ranks.
  std::vector<std::vector<std::byte>> all_gather(std::span<const std::byte> data) override;
  void barrier() override;
  bool has_shared_memory(std::size_t bytes) override;
  std::unique_ptr<Collective> make_collective(const CollectiveOptions& options) override;
  std::unique_ptr<NodeGroup> make_node_group() override;
  [[noreturn]] void abort(int code) override;

 private:
  MPI_Comm comm_ = MPI_COMM_NULL;
  std::size_t max_count_;
  int rank_ = 0, size_ = 1, local_rank_ = 0, local_size_ = 1, nodes_ = 1, numa_domains_ = 1;
};

/// Turns an MPI return code into Error. `call` names the MPI function.
void check_mpi(int code, const char* call);

}  // namespace dtrain::comm
