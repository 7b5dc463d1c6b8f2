// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/mpi/mpi_transport.hpp"

#include "comm/mpi/mpi_communicator.hpp"
#include "comm/patience.hpp"

namespace dtrain::comm {

MpiTransport::MpiTransport(MPI_Comm parent, Waiting waiting, std::size_t max_count)
    : waiting_(waiting), max_count_(max_count) {
  check_mpi(MPI_Comm_dup(parent, &comm_), "MPI_Comm_dup");
  MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN);
  MPI_Comm_rank(comm_, &rank_);
  MPI_Comm_size(comm_, &size_);
  // MPI_Allreduce and MPI_Iallreduce do not meet: ranks with different cores must choose alike.
  int sleeps = waiting_ == Waiting::sleep ? 1 : 0;
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &sleeps, 1, MPI_INT, MPI_MAX, comm_), "MPI_Allreduce");
  waiting_ = sleeps != 0 ? Waiting::sleep : Waiting::spin;
}

MpiTransport::~MpiTransport() {
  MPI_Comm_free(&comm_);
}

void MpiTransport::exchange(int to, std::span<const std::byte> out, int from,
                            std::span<std::byte> in) {
  in_pieces(in, max_count_, [&](std::byte* piece, int count) {
    check_mpi(MPI_Irecv(piece, count, MPI_BYTE, from, 0, comm_, &requests_.emplace_back()),
              "MPI_Irecv");
  });
  in_pieces(out, max_count_, [&](const std::byte* piece, int count) {
    check_mpi(MPI_Isend(piece, count, MPI_BYTE, to, 0, comm_, &requests_.emplace_back()),
              "MPI_Isend");
  });
  wait();
}

template <class Number>
void MpiTransport::sum(std::span<Number> data, MPI_Datatype type) {
  in_pieces(data, max_count_, [&](Number* piece, int count) {
    if (waiting_ == Waiting::spin) {
      check_mpi(MPI_Allreduce(MPI_IN_PLACE, piece, count, type, MPI_SUM, comm_), "MPI_Allreduce");
      return;
    }
    check_mpi(
        MPI_Iallreduce(MPI_IN_PLACE, piece, count, type, MPI_SUM, comm_, &requests_.emplace_back()),
        "MPI_Iallreduce");
    wait();
  });
}

template void MpiTransport::sum(std::span<float>, MPI_Datatype);
template void MpiTransport::sum(std::span<double>, MPI_Datatype);

void MpiTransport::wait() {
  Patience patience(waiting_);
  for (int done = 0; done == 0;) {
    check_mpi(MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &done,
                          MPI_STATUSES_IGNORE),
              "MPI_Testall");
    if (done == 0) patience.pause();
  }
  requests_.clear();
}

}  // namespace dtrain::comm
