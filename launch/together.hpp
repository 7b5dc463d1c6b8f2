// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Errors and several ranks. An error that one rank meets alone must end the job at once, for the
// others will wait for it; one that all ranks know of ends it in good order, told once.

#include <functional>

#include "base/error.hpp"
#include "comm/communicator.hpp"

namespace dtrain::launch {

/// An error that every rank throws at the same point: the root tells it and all ranks leave.
class SharedError : public Error {
 public:
  using Error::Error;
};

/// Runs `part` on this rank, then learns how the others fared (collective). When it threw on any
/// rank, all ranks throw SharedError: message and code of the lowest such rank, with its host where
/// not all ranks failed. `part` must not communicate.
void together(comm::Communicator& communicator, const std::function<void()>& part);

/// Runs a collective `part` whose UsageError, InputError and DivergedError come on all ranks alike,
/// as its contract says, and turns those into SharedError.
void alike(const std::function<void()>& part);

}  // namespace dtrain::launch
