// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// The only place that turns an Error into a message and an exit code. An error is printed once, by
// the lowest rank concerned, and ends the whole job:
//  * one that every rank throws (launch::SharedError): the root prints it and all leave in order;
//  * a bad command line that is found before MPI starts is the same on all ranks: the root prints it;
//  * any other may be this rank's alone, while the others wait for it in a collective. The lowest rank
//    that has one prints it and aborts the job.

#include <chrono>
#include <csignal>
#include <cstdio>
#include <new>
#include <thread>

#include "base/host_name.hpp"
#include "launch/commands.hpp"
#include "launch/console.hpp"
#include "launch/together.hpp"

namespace {

using namespace dtrain;

void print_error(const std::string& message) {
  std::fflush(stdout);
  launch::show(stderr, fmt::format("dtrain: error: {}\n", launch::as_one_line(message)));
}

volatile std::sig_atomic_t own_code = 0;

/// For a rank that has met an error: where srun ends the ranks that are left by SIGTERM, because a lower
/// one has failed, it leaves with its own code. srun reports the highest.
void leave_when_told(ExitCode code) {
  own_code = static_cast<int>(code);
  std::signal(SIGTERM, [](int) { std::_Exit(own_code); });
}

[[noreturn]] void end_job(launch::Session& session, const std::string& message, ExitCode code) {
  leave_when_told(code);
  if (session.lower_rank_fails()) {
    std::this_thread::sleep_for(std::chrono::seconds(10));
    std::_Exit(static_cast<int>(code));
  }
  const bool many = session.started() ? session.communicator().size() > 1 : !session.is_root();
  print_error(many ? fmt::format("rank {} on {}: {}", session.rank(), host_name(), message)
                   : message);
  if (many && session.started()) session.communicator().abort(static_cast<int>(code));
  std::_Exit(static_cast<int>(code));
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  launch::Session session;
  try {
    return static_cast<int>(launch::run_command_line(words, session));
  } catch (const launch::SharedError& error) {
    if (session.is_root()) print_error(error.what());
    return static_cast<int>(error.code());
  } catch (const UsageError& error) {
    if (session.started() || session.is_root()) end_job(session, error.what(), error.code());
    leave_when_told(error.code());
    session.lower_rank_fails();
    return static_cast<int>(error.code());
  } catch (const Error& error) {
    end_job(session, error.what(), error.code());
  } catch (const std::bad_alloc&) {
    end_job(session, "out of memory: use fewer ranks, a smaller batch or --micro-batch",
            ExitCode::failed);
  } catch (const std::exception& error) {
    end_job(session, fmt::format("unexpected: {}", error.what()), ExitCode::failed);
  }
}
