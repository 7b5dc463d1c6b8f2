// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <mpi.h>

#include <cstring>
#include <exception>
#include <thread>

#include "base/error.hpp"
#include "base/stopwatch.hpp"
#include "comm/mpi/mpi_communicator.hpp"
#include "comm/mpi/mpi_environment.hpp"

namespace dtrain::comm {

MpiSession::MpiSession() {
  yield_when_oversubscribed();
  const Stopwatch watch;
  int provided = 0;
  check_mpi(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided), "MPI_Init_thread");
  if (provided < MPI_THREAD_SERIALIZED)
    throw Error("This MPI library cannot be used by threads in turn (MPI_THREAD_SERIALIZED).");
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  init_seconds_ = watch.seconds();
  communicator_ = std::make_unique<MpiCommunicator>(MPI_COMM_WORLD);
}

MpiSession::~MpiSession() {
  // MPI_Finalize waits for all ranks. When an exception unwinds this one the others may wait for it
  // in a collective, for ever: end the job instead.
  if (std::uncaught_exceptions() > 0 && communicator_->size() > 1)
    communicator_->abort(static_cast<int>(ExitCode::failed));
  communicator_.reset();
  MPI_Finalize();
}

bool MpiSession::lower_rank_fails(std::chrono::milliseconds patience) {
  constexpr int tag = 32000;  // no other message has it
  for (int higher = communicator_->rank() + 1; higher < communicator_->size(); ++higher) {
    MPI_Request never_completed;  // the job ends
    MPI_Isend(nullptr, 0, MPI_BYTE, higher, tag, MPI_COMM_WORLD, &never_completed);
  }
  if (communicator_->rank() == 0) return false;
  int told = 0;
  for (const Stopwatch watch; told == 0 && watch.seconds() < 1e-3 * patience.count();) {
    MPI_Iprobe(MPI_ANY_SOURCE, tag, MPI_COMM_WORLD, &told, MPI_STATUS_IGNORE);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return told != 0;
}

std::string MpiSession::library_version() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  MPI_Get_library_version(text, &length);
  // "Open MPI v4.1.4, package: Debian OpenMPI, …": the first clause is the version.
  std::string version(text, std::strcspn(text, ",\n"));
  if (const std::size_t v = version.find(" v"); v != std::string::npos) version.erase(v + 1, 1);
  return version;
}

}  // namespace dtrain::comm
