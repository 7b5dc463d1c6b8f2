// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <memory>

#include "comm/communicator.hpp"

namespace dtrain::launch {

/// This process's place among the ranks of the job. One per process, made by main.cpp, which
/// outlives every command: an error then still finds MPI running and can end the whole job.
class Session {
 public:
  /// Does not touch MPI.
  Session();
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Starts MPI on the first call if a launcher started this process; one rank alone needs none.
  comm::Communicator& communicator();
  bool started() const { return communicator_ != nullptr; }

  /// Rank 0, as MPI says or, before it is started, as the launcher's environment says.
  bool is_root() const { return rank() == 0; }
  int rank() const;

  /// For a rank that is to end the job by an error of its own: will a lower rank do so? Waits some
  /// seconds for one. Before MPI is started lower ranks get that time, and the answer is no.
  bool lower_rank_fails();

  /// 0 where MPI was not needed.
  double mpi_init_seconds() const;

 private:
  int launcher_rank_ = 0;
  std::unique_ptr<comm::MpiSession> mpi_;
  std::unique_ptr<comm::Communicator> self_;
  comm::Communicator* communicator_ = nullptr;
};

}  // namespace dtrain::launch
