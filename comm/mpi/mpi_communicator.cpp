// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/mpi/mpi_communicator.hpp"

#include <fmt/format.h>

#include <climits>
#include <cstdlib>

#include "base/error.hpp"
#include "comm/mpi/mpi_collective.hpp"
#include "comm/mpi/mpi_node_group.hpp"
#include "comm/mpi/split_comm.hpp"

namespace dtrain::comm {
namespace {

MPI_Op mpi_op(ReduceOp op) {
  switch (op) {
    case ReduceOp::sum:
      return MPI_SUM;
    case ReduceOp::max:
      return MPI_MAX;
    case ReduceOp::min:
      return MPI_MIN;
  }
  return MPI_OP_NULL;
}

template <class T>
void reduce_in_place(std::span<T> data, MPI_Datatype type, ReduceOp op, MPI_Comm comm,
                     std::size_t max_count) {
  in_pieces(data, max_count, [&](T* piece, int count) {
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, piece, count, type, mpi_op(op), comm), "MPI_Allreduce");
  });
}

}  // namespace

void check_mpi(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw Error(fmt::format("{} failed: {}. Another rank or the network may be gone; run again with "
                          "--resume auto.",
                          call, std::string_view(text, static_cast<std::size_t>(length))),
              ExitCode::lost_rank);
}

MpiCommunicator::MpiCommunicator(MPI_Comm parent, std::size_t max_count) : max_count_(max_count) {
  check_mpi(MPI_Comm_dup(parent, &comm_), "MPI_Comm_dup");
  MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN);
  MPI_Comm_rank(comm_, &rank_);
  MPI_Comm_size(comm_, &size_);

  const SplitComm node(comm_, neighbourhood(comm_, Neighbours::node), rank_);
  local_rank_ = node.rank();
  local_size_ = node.size();
  nodes_ = count_neighbourhoods(comm_, Neighbours::node);
  numa_domains_ = count_neighbourhoods(comm_, Neighbours::numa_domain);
}

MpiCommunicator::~MpiCommunicator() {
  MPI_Comm_free(&comm_);
}

void MpiCommunicator::allreduce(std::span<double> data, ReduceOp op) {
  reduce_in_place(data, MPI_DOUBLE, op, comm_, max_count_);
}

void MpiCommunicator::allreduce(std::span<std::int64_t> data, ReduceOp op) {
  reduce_in_place(data, MPI_INT64_T, op, comm_, max_count_);
}

void MpiCommunicator::broadcast(std::span<std::byte> data, int root) {
  in_pieces(data, max_count_, [&](std::byte* piece, int count) {
    check_mpi(MPI_Bcast(piece, count, MPI_BYTE, root, comm_), "MPI_Bcast");
  });
}

std::vector<std::vector<std::byte>> MpiCommunicator::all_gather(std::span<const std::byte> data) {
  const auto ranks = static_cast<std::size_t>(size_);
  std::vector<std::int64_t> sizes(ranks);
  const auto mine = static_cast<std::int64_t>(data.size());
  check_mpi(MPI_Allgather(&mine, 1, MPI_INT64_T, sizes.data(), 1, MPI_INT64_T, comm_),
            "MPI_Allgather");

  std::vector<int> counts(ranks), offsets(ranks);
  std::int64_t total = 0;
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    offsets[rank] = static_cast<int>(total);
    total += sizes[rank];
    if (total > INT_MAX)
      throw Error("Ranks tried to gather more than 2 GiB at once, which MPI cannot count.");
    counts[rank] = static_cast<int>(sizes[rank]);
  }
  std::vector<std::byte> all(static_cast<std::size_t>(total));
  check_mpi(MPI_Allgatherv(data.data(), static_cast<int>(mine), MPI_BYTE, all.data(), counts.data(),
                           offsets.data(), MPI_BYTE, comm_),
            "MPI_Allgatherv");

  std::vector<std::vector<std::byte>> gathered(ranks);
  for (std::size_t rank = 0; rank < ranks; ++rank)
    gathered[rank].assign(all.begin() + offsets[rank], all.begin() + offsets[rank] + counts[rank]);
  return gathered;
}

void MpiCommunicator::barrier() {
  check_mpi(MPI_Barrier(comm_), "MPI_Barrier");
}

bool MpiCommunicator::has_shared_memory(std::size_t bytes) {
  const auto ranks = static_cast<std::uint64_t>(local_size_);
  int fits = bytes <= free_shared_memory() / ranks ? 1 : 0;
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &fits, 1, MPI_INT, MPI_MIN, comm_), "MPI_Allreduce");
  return fits != 0;
}

std::unique_ptr<Collective> MpiCommunicator::make_collective(const CollectiveOptions& options) {
  return make_mpi_collective(comm_, options);
}

std::unique_ptr<NodeGroup> MpiCommunicator::make_node_group() {
  const SplitComm node(comm_, neighbourhood(comm_, Neighbours::node), rank_);
  return make_mpi_node_group(node.get(), node.get());
}

void MpiCommunicator::abort(int code) {
  MPI_Abort(MPI_COMM_WORLD, code);
  std::_Exit(code);
}

}  // namespace dtrain::comm
