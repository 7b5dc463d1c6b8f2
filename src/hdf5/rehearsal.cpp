// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "hdf5/rehearsal.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/error.hpp"

namespace dtrain::hdf5 {
namespace {

/// Reads and ends, without a word: what the C library says of its crash is not for users.
[[noreturn]] void read_as_child(const std::function<void()>& read) {
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere, stream);
  const rlimit nothing{0, 0}, processor_seconds{120, 130};
  setrlimit(RLIMIT_CORE, &nothing);
  setrlimit(RLIMIT_FSIZE, &nothing);  // it only reads
  setrlimit(RLIMIT_CPU, &processor_seconds);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU, SIGXFSZ})
    std::signal(signal, SIG_DFL);
  try {
    read();
  } catch (...) {  // this process will meet it again, and tell
  }
  _exit(0);
}

}  // namespace

void rehearse(const std::string& file, const std::function<void()>& read) {
  const pid_t child = fork();
  if (child == 0) read_as_child(read);
  if (child < 0) throw Error(fmt::format("cannot start a process: {}", std::strerror(errno)));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0)
    throw InputError(
        fmt::format("{} is damaged: the HDF5 library {} on it. Use a whole copy of the file.", file,
                    WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU ? "hangs" : "crashes"));
}

}  // namespace dtrain::hdf5
