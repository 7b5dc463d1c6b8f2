// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Errors that the world causes (files, options, devices, other ranks) are exceptions of these types;
// errors of our own are assertions (base/assert.hpp). Library code throws, never prints, never exits:
// launch/main.cpp alone turns an Error into a message and an exit code.
//
// A message says what is wrong, why, and what to do, in one or two sentences.

#include <fmt/core.h>

#include <stdexcept>
#include <string>

namespace dtrain {

/// What the process ends with; users' scripts rely on the numbers.
enum class ExitCode : int {
  done = 0,
  failed = 1,
  bad_usage = 2,  ///< command line or configuration
  bad_input = 3,  ///< a dataset, checkpoint, model or configuration file
  lost_rank = 4,  ///< a rank hung or died
  diverged = 5,   ///< NaN or Inf, or replicas that differ
  stopped = 75,   ///< stopped on request, checkpoint written; run again with --resume auto
};

/// Any failure that a user can do something about.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ExitCode code = ExitCode::failed)
      : std::runtime_error(message), code_(code) {}
  ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

/// The command line asks for something that cannot be.
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message) : Error(message, ExitCode::bad_usage) {}
};

/// A file is missing, damaged, or does not fit the rest.
class InputError : public Error {
 public:
  explicit InputError(const std::string& message) : Error(message, ExitCode::bad_input) {}
};

/// Training left the finite numbers.
class DivergedError : public Error {
 public:
  explicit DivergedError(const std::string& message) : Error(message, ExitCode::diverged) {}
};

}  // namespace dtrain
