// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/mpi/mpi_collective.hpp"

#include "comm/mpi/mpi_communicator.hpp"
#include "comm/mpi/mpi_environment.hpp"
#include "comm/mpi/mpi_node_group.hpp"
#include "comm/mpi/mpi_transport.hpp"
#include "comm/mpi/split_comm.hpp"
#include "comm/node/node_collective.hpp"

namespace dtrain::comm {
namespace {

std::unique_ptr<FlatCollective> make_flat(MPI_Comm comm, const std::string& algorithm,
                                          Waiting waiting) {
  return std::make_unique<FlatCollective>(std::make_unique<MpiTransport>(comm, waiting),
                                          allreduce_algorithm(algorithm));
}

}  // namespace

std::unique_ptr<Collective> make_mpi_collective(MPI_Comm world, const CollectiveOptions& options) {
  if (options.name != "node") return make_flat(world, options.name, options.waiting);

  int rank = 0;
  MPI_Comm_rank(world, &rank);
  const SplitComm node(world, neighbourhood(world, Neighbours::node), rank);
  const Waiting waiting = cores_are_shared(node.size()) ? Waiting::sleep : options.waiting;
  const SplitComm neighbours(world, neighbourhood(world, options.neighbours), rank);
  auto group = make_mpi_node_group(neighbours.get(), node.get());
  int slices = group->size();
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &slices, 1, MPI_INT, MPI_MIN, world), "MPI_Allreduce");
  const bool has_slice = group->rank() < slices;
  const SplitComm same_slice(world, has_slice ? group->rank() : MPI_UNDEFINED, rank);
  int several_groups = has_slice && same_slice.size() > 1 ? 1 : 0;
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &several_groups, 1, MPI_INT, MPI_MAX, world),
            "MPI_Allreduce");
  std::unique_ptr<FlatCollective> across;
  if (several_groups != 0 && has_slice)
    across = make_flat(same_slice.get(), options.across, waiting);
  return std::make_unique<NodeCollective>(std::move(group), slices, std::move(across), waiting);
}

}  // namespace dtrain::comm
