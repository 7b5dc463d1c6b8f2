// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/together.hpp"

#include <algorithm>

#include "base/host_name.hpp"
#include "comm/gather_texts.hpp"

namespace dtrain::launch {
namespace {

/// One character of exit code, then the message. Empty: all is well.
std::string outcome_of(const std::function<void()>& part) {
  const auto failure = [](ExitCode code, const char* message) {
    return fmt::format("{}{}", static_cast<char>(code), message);
  };
  try {
    part();
    return "";
  } catch (const Error& error) {
    return failure(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return failure(ExitCode::failed, "out of memory: use fewer ranks or a smaller batch");
  } catch (const std::exception& error) {
    return failure(ExitCode::failed, error.what());
  }
}

}  // namespace

void together(comm::Communicator& communicator, const std::function<void()>& part) {
  const std::string mine = outcome_of(part);
  // One number in the good case; texts only when there is something to tell.
  std::int64_t failures = mine.empty() ? 0 : 1;
  communicator.allreduce(std::span(&failures, 1), comm::ReduceOp::sum);
  if (failures == 0) return;

  const auto outcomes = comm::gather_texts(communicator, mine);
  const auto hosts = comm::gather_texts(communicator, host_name());
  const auto first = std::find_if(outcomes.begin(), outcomes.end(),
                                  [](const std::string& text) { return !text.empty(); });
  const auto rank = static_cast<std::size_t>(first - outcomes.begin());
  const auto code = static_cast<ExitCode>((*first)[0]);
  const std::string message = first->substr(1);
  throw SharedError(failures == communicator.size()
                        ? message
                        : fmt::format("rank {} on {}: {}", rank, hosts[rank], message),
                    code);
}

void alike(const std::function<void()>& part) {
  try {
    part();
  } catch (const UsageError& error) {
    throw SharedError(error.what(), error.code());
  } catch (const InputError& error) {
    throw SharedError(error.what(), error.code());
  } catch (const DivergedError& error) {
    throw SharedError(error.what(), error.code());
  }
}

}  // namespace dtrain::launch
