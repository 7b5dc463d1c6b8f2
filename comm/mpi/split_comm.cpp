// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/mpi/split_comm.hpp"

#include "base/numa.hpp"
#include "comm/mpi/mpi_communicator.hpp"

namespace dtrain::comm {
namespace {

int lowest(int value, MPI_Comm comm) {
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_INT, MPI_MIN, comm), "MPI_Allreduce");
  return value;
}

}  // namespace

SplitComm::SplitComm(MPI_Comm parent, int color, int key) {
  check_mpi(MPI_Comm_split(parent, color, key, &comm_), "MPI_Comm_split");
}

SplitComm::~SplitComm() {
  if (comm_ != MPI_COMM_NULL) MPI_Comm_free(&comm_);
}

int SplitComm::rank() const {
  int rank = 0;
  MPI_Comm_rank(comm_, &rank);
  return rank;
}

int SplitComm::size() const {
  int size = 0;
  MPI_Comm_size(comm_, &size);
  return size;
}

int neighbourhood(MPI_Comm world, Neighbours neighbours) {
  int rank = 0;
  MPI_Comm_rank(world, &rank);
  MPI_Comm node = MPI_COMM_NULL;
  check_mpi(MPI_Comm_split_type(world, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &node),
            "MPI_Comm_split_type");
  int number = lowest(rank, node);
  if (neighbours == Neighbours::numa_domain) {
    const int domain = numa_domain().value_or(-1);
    if (lowest(domain, node) >= 0) number = lowest(rank, SplitComm(node, domain, rank).get());
  }
  MPI_Comm_free(&node);
  return number;
}

int count_neighbourhoods(MPI_Comm world, Neighbours neighbours) {
  int rank = 0;
  MPI_Comm_rank(world, &rank);
  int count = neighbourhood(world, neighbours) == rank ? 1 : 0;
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &count, 1, MPI_INT, MPI_SUM, world), "MPI_Allreduce");
  return count;
}

}  // namespace dtrain::comm
