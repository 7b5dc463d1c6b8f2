// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <mpi.h>

#include <cstring>
#include <exception>

#include "base/error.hpp"
#include "base/stopwatch.hpp"
#include "comm/mpi/mpi_communicator.hpp"
#include "comm/mpi/mpi_environment.hpp"

namespace dtrain::comm {

MpiSession::MpiSession() {
  yield_when_oversubscribed();
  const Stopwatch watch;
  int provided = 0;
  check_mpi(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  if (provided < MPI_THREAD_FUNNELED)
    throw Error("This MPI library cannot be used by a program with threads (MPI_THREAD_FUNNELED).");
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
