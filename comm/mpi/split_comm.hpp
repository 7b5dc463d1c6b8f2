// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <mpi.h>

#include "comm/communicator.hpp"

namespace dtrain::comm {

/// What MPI_Comm_split makes. Making one is collective over the parent.
class SplitComm {
 public:
  /// The ranks of one color, in the order of `key`; none for MPI_UNDEFINED.
  SplitComm(MPI_Comm parent, int color, int key);
  ~SplitComm();
  SplitComm(const SplitComm&) = delete;
  SplitComm& operator=(const SplitComm&) = delete;

  MPI_Comm get() const { return comm_; }
  int rank() const;
  int size() const;

 private:
  MPI_Comm comm_ = MPI_COMM_NULL;
};

/// A number that the ranks of `world` share which are neighbours, and no others: the lowest of their
/// ranks. Collective.
int neighbourhood(MPI_Comm world, Neighbours neighbours);

/// How many neighbourhoods there are. Collective.
int count_neighbourhoods(MPI_Comm world, Neighbours neighbours);

}  // namespace dtrain::comm
