// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/job.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "launch/console.hpp"
#include "launch/mpirun_notices.hpp"

namespace dtrain::launch {
namespace {

constexpr int stop_signals[] = {SIGINT, SIGTERM, SIGUSR1, SIGHUP};
std::atomic<pid_t> launcher_pid{0};
std::atomic<int> stop_requests{0};

/// Ranks take SIGUSR1 as a request to stop; mpirun and srun both pass it on at once, while SIGTERM
/// would make them kill the ranks. A second request ends the job without a checkpoint.
void forward_stop(int) {
  const int request = ++stop_requests;
  if (launcher_pid > 0) kill(launcher_pid, request == 1 ? SIGUSR1 : SIGTERM);
}

/// SIGHUP stays ignored where it is, as under nohup.
void at_stop_signals(void (*handler)(int)) {
  struct sigaction action {
  }, before{};
  action.sa_handler = handler;
  for (const int signal : stop_signals) {
    sigaction(signal, nullptr, &before);
    if (signal != SIGHUP || before.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
}

/// SIG_BLOCK: requests to stop wait. SIG_UNBLOCK: those that came are met now.
void mask_stop_signals(int how) {
  sigset_t requests;
  sigemptyset(&requests);
  for (const int signal : stop_signals) sigaddset(&requests, signal);
  sigprocmask(how, &requests, nullptr);
}

/// The child's part: becomes `words`, with its stderr in `messages`, and its stdout in a file that is
/// open as `output`, or ours where that is below 0.
[[noreturn]] void become(char* const* words, pid_t parent, int messages, int output) {
  setpgid(0, 0);  // the terminal's Ctrl-C reaches only the parent
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) std::_Exit(127);  // gone before that
  at_stop_signals(SIG_DFL);
  std::signal(SIGPIPE, SIG_DFL);
  mask_stop_signals(SIG_UNBLOCK);
  // A background group may not read the terminal.
  if (std::freopen("/dev/null", "r", stdin) == nullptr) std::_Exit(127);
  if (dup2(messages, STDERR_FILENO) < 0) std::_Exit(127);
  if (output >= 0 && dup2(output, STDOUT_FILENO) < 0) std::_Exit(127);
  execvp(words[0], words);
  std::_Exit(127);
}

/// Shows what the child says until it ends; returns its wait status.
int follow(pid_t child, int messages, MpirunNotices& notices) {
  std::array<char, 4096> buffer{};
  const auto show_next = [&](int patience_ms) {
    pollfd ready{messages, POLLIN, 0};
    if (poll(&ready, 1, patience_ms) <= 0) return false;
    const ssize_t size = read(messages, buffer.data(), buffer.size());
    if (size <= 0) return false;
    show(stderr, notices.pass({buffer.data(), static_cast<std::size_t>(size)}));
    return true;
  };
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0)
    if (!show_next(50)) usleep(1000);  // at once where the pipe was closed early
  while (show_next(0)) {
  }
  show(stderr, notices.rest());
  return status;
}

/// mpirun and srun pass on a rank's own exit code, and 128 + signal for one that was killed. Above all
/// signals mpirun has codes of its own for hosts that it lost, such as 205.
JobEnd end_of(int status, const std::string& launcher, const MpirunNotices& notices) {
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (stop_requests > 1 && code != 0 && code != static_cast<int>(ExitCode::stopped))
    return {ExitCode::failed, "ended at the second request to stop, without a checkpoint"};
  // Nobody was ready for the request yet.
  if (stop_requests > 0 && code == 128 + SIGUSR1)
    return {ExitCode::stopped, "stopped before training began: run it again"};
  switch (code) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 75:
      return {static_cast<ExitCode>(code), ""};
    case 127:
      return {ExitCode::failed, fmt::format("cannot start {}", launcher)};
    default:
      break;
  }
  if (!notices.lost_host().empty())
    return {ExitCode::lost_rank, fmt::format("{} no longer answers", notices.lost_host())};
  if (code > 128 + SIGRTMAX) return {ExitCode::lost_rank, "a host no longer answers"};
  if (WIFSIGNALED(status))
    return {ExitCode::lost_rank,
            fmt::format("{} itself was lost ({})", launcher, strsignal(WTERMSIG(status)))};
  if (code > 128)
    return {ExitCode::lost_rank,
            fmt::format("{} was lost ({})",
                        notices.lost_rank().empty() ? std::string("a rank") : notices.lost_rank(),
                        strsignal(code - 128))};
  return {ExitCode::failed, fmt::format("{} ended with code {}", launcher, code)};
}

}  // namespace

void hold_stop_requests() {
  mask_stop_signals(SIG_BLOCK);
}

bool stop_requested() {
  return stop_requests > 0;
}

JobEnd run_job(const std::vector<std::string>& command, const std::string& stdout_file) {
  std::vector<char*> words;
  words.reserve(command.size() + 1);
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);

  int output = -1;
  if (!stdout_file.empty()) {
    output = open(stdout_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (output < 0)
      throw Error(fmt::format("cannot write {}: {}", stdout_file, std::strerror(errno)));
  }
  hold_stop_requests();
  at_stop_signals(forward_stop);
  std::signal(SIGPIPE, SIG_IGN);  // whoever reads our stderr may leave
  int messages[2];
  const pid_t parent = getpid(), child = pipe2(messages, O_CLOEXEC) == 0 ? fork() : -1;
  if (child < 0) throw Error(fmt::format("cannot start {}: {}", command[0], std::strerror(errno)));
  if (child == 0) become(words.data(), parent, messages[1], output);
  launcher_pid = child;
  mask_stop_signals(SIG_UNBLOCK);
  close(messages[1]);
  if (output >= 0) close(output);
  MpirunNotices notices;
  const int status = follow(child, messages[0], notices);
  launcher_pid = 0;
  close(messages[0]);
  return end_of(status, command[0], notices);
}

}  // namespace dtrain::launch
