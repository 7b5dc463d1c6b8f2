// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/session.hpp"

#include <chrono>
#include <cstdlib>
#include <thread>

#include "launch/orphan.hpp"

namespace dtrain::launch {
namespace {

/// Only for who speaks before MPI is started; everything else takes ranks from MPI. Open MPI's own
/// variable comes first: under mpirun inside a Slurm job SLURM_PROCID is not the rank.
int rank_from_environment() {
  if (!comm::started_by_launcher()) return 0;
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"})
    if (const char* value = std::getenv(name)) return std::atoi(value);
  return 0;
}

}  // namespace

Session::Session() : launcher_rank_(rank_from_environment()) {}
Session::~Session() = default;

comm::Communicator& Session::communicator() {
  if (communicator_ == nullptr) {
    if (comm::started_by_launcher()) {
      end_with_parent();
      mpi_ = std::make_unique<comm::MpiSession>();
      communicator_ = &mpi_->communicator();
    } else {
      self_ = comm::make_self_communicator();
      communicator_ = self_.get();
    }
  }
  return *communicator_;
}

int Session::rank() const {
  return started() ? communicator_->rank() : launcher_rank_;
}

bool Session::lower_rank_fails() {
  constexpr std::chrono::seconds patience(3);
  if (mpi_) return mpi_->lower_rank_fails(patience);
  if (!is_root()) std::this_thread::sleep_for(patience);
  return false;
}

double Session::mpi_init_seconds() const {
  return mpi_ ? mpi_->init_seconds() : 0.0;
}

}  // namespace dtrain::launch
