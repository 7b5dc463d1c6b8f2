// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain launch: starts the ranks with Open MPI's mpirun, or with srun inside a Slurm job, so that
// nobody needs to know their settings, and turns how the job ended into dtrain's exit codes.

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "base/cores.hpp"
#include "launch/command_line.hpp"
#include "launch/console.hpp"
#include "launch/train_options.hpp"

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

/// A setting that the user's own environment overrides.
void prefer(const char* name, const char* value) {
  setenv(name, value, /*overwrite=*/0);
}

/// How many ranks the fullest host gets of HOST[:RANKS],…
std::int64_t most_ranks_on_a_host(std::int64_t ranks, const std::string& hosts) {
  const std::int64_t host_count = 1 + std::count(hosts.begin(), hosts.end(), ',');
  std::int64_t most = (ranks + host_count - 1) / host_count;
  for (std::size_t at = hosts.find(':'); at != std::string::npos; at = hosts.find(':', at + 1))
    most = std::max<std::int64_t>(most, std::strtol(&hosts[at + 1], nullptr, 10));
  return std::min(most, ranks);
}

/// What ranks are bound to, in mpirun's and in srun's words. A rank per core is bound to it; fewer
/// ranks share their socket's cores among their threads.
struct Binding {
  const char *policy, *cpu_bind;
};
Binding binding_for(std::int64_t ranks, std::int64_t cores) {
  if (ranks > cores) return {"none", "--cpu-bind=none"};
  if (ranks == cores) return {"core", "--cpu-bind=cores"};
  return {"socket", "--cpu-bind=sockets"};
}

/// mpirun's settings travel in its environment, where the user's own come first.
std::vector<std::string> mpirun_command(std::int64_t ranks, const std::string& hosts) {
  if (find_on_path("mpirun").empty())
    throw Error("there is no mpirun on the PATH: install Open MPI (apt-get install openmpi-bin)");
  const int cores = available_cores();
  const std::int64_t ranks_here = most_ranks_on_a_host(ranks, hosts);

  if (geteuid() == 0) {
    prefer("OMPI_ALLOW_RUN_AS_ROOT", "1");
    prefer("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
  }
  prefer("OMPI_MCA_orte_execute_quiet", "1");  // dtrain says itself how it ended
  prefer("OMPI_MCA_rmaps_base_oversubscribe", "1");
  prefer("OMPI_MCA_hwloc_base_binding_policy", binding_for(ranks_here, cores).policy);
  if (ranks_here > cores) prefer("OMPI_MCA_mpi_yield_when_idle", "1");
  // A host that says nothing for 10 s is lost; by default mpirun would wait for it for ever.
  prefer("OMPI_MCA_oob_tcp_keepalive_time", "5");
  prefer("OMPI_MCA_oob_tcp_keepalive_intvl", "1");
  prefer("OMPI_MCA_oob_tcp_keepalive_probes", "5");

  std::vector<std::string> command{"mpirun", "-np", std::to_string(ranks)};
  if (!hosts.empty()) command.insert(command.end(), {"-H", hosts});
  for (const char* name : {"DTRAIN_DATA", "DTRAIN_SYSFS_ROOT", "DTRAIN_NVML"})
    if (std::getenv(name) != nullptr) command.insert(command.end(), {"-x", name});
  return command;
}

/// "72(x2),36", Slurm's numbers of the nodes of a job -> 180, their sum.
std::int64_t sum_over_nodes(const std::string& text) {
  std::int64_t sum = 0;
  std::istringstream list(text);
  for (std::string part; std::getline(list, part, ',');) {
    int each = 0, times = 1;
    if (std::sscanf(part.c_str(), "%d(x%d", &each, &times) > 0) sum += std::int64_t{each} * times;
  }
  return sum;
}

std::vector<std::string> srun_command(std::int64_t ranks, const std::string& hosts) {
  if (hosts.find(':') != std::string::npos)
    throw UsageError(fmt::format(
        "--hosts {}: inside a Slurm job name the hosts alone; Slurm spreads the ranks", hosts));
  const char* cpus = std::getenv("SLURM_JOB_CPUS_PER_NODE");
  const std::int64_t cores = cpus != nullptr ? sum_over_nodes(cpus) : ranks;

  std::vector<std::string> command{"srun", "--mpi=pmix", "--kill-on-bad-exit=1", "--ntasks",
                                   std::to_string(ranks)};
  if (ranks > cores) command.emplace_back("--overcommit");
  if (std::getenv("SLURM_CPU_BIND") == nullptr)
    command.emplace_back(binding_for(ranks, cores).cpu_bind);
  if (!hosts.empty()) command.insert(command.end(), {"--nodelist", hosts});
  return command;
}

/// Starts the launcher in a process group of its own, so that the terminal's Ctrl-C reaches only
/// us, and returns its wait status. The launcher ends when we do, however that comes about.
int run_and_wait(const std::vector<std::string>& command) {
  std::vector<char*> words;
  words.reserve(command.size() + 1);
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);

  at_stop_signals(forward_stop);
  const pid_t parent = getpid(), child = fork();
  if (child < 0) throw Error(fmt::format("cannot start {}: {}", command[0], std::strerror(errno)));
  if (child == 0) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) std::_Exit(127);  // gone before that
    at_stop_signals(SIG_DFL);
    mask_stop_signals(SIG_UNBLOCK);
    // A background group may not read the terminal.
    if (std::freopen("/dev/null", "r", stdin) == nullptr) std::_Exit(127);
    execvp(words[0], words.data());
    std::_Exit(127);
  }
  launcher_pid = child;
  mask_stop_signals(SIG_UNBLOCK);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  launcher_pid = 0;
  return status;
}

/// mpirun and srun pass on a rank's own exit code, and 128 + signal for one that was killed. Above all
/// signals mpirun has codes of its own for hosts that it lost, such as 205.
ExitCode exit_code_of(int status, const std::string& launcher) {
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (stop_requests > 1 && code != 0 && code != static_cast<int>(ExitCode::stopped))
    throw Error("ended at the second request to stop, without a checkpoint");
  // Nobody was ready for the request yet.
  if (stop_requests > 0 && code == 128 + SIGUSR1)
    throw Error("stopped before training began: run it again", ExitCode::stopped);
  switch (code) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 75:
      return static_cast<ExitCode>(code);
    case 127:
      throw Error(fmt::format("cannot start {}", launcher));
    default:
      break;
  }
  if (code > 128 + SIGRTMAX)
    throw Error("a host no longer answers: go on with --resume and the folder of the run",
                ExitCode::lost_rank);
  if (code > 128)
    throw Error(fmt::format("a rank was lost ({}): go on with --resume and the folder of the run",
                            strsignal(code - 128)),
                ExitCode::lost_rank);
  throw Error(fmt::format("{} ended with code {}", launcher, code));
}

}  // namespace

ExitCode run_launch(Arguments arguments, Session& session) {
  mask_stop_signals(SIG_BLOCK);  // until there is whom to pass a request on to
  const auto separator = std::find(arguments.begin(), arguments.end(), "--");
  const auto own = static_cast<std::size_t>(separator - arguments.begin());

  std::int64_t ranks = 0;
  std::string hosts;
  auto parser = make_parser(
      "launch",
      "Start ranks of dtrain: dtrain launch -np N -- [COMMAND] OPTIONS\n\n"
      "  dtrain launch -np 8 -- --model cnn                  trains\n"
      "  dtrain launch -np 2 --hosts a,b -- bench allreduce  runs another command\n\n"
      "mpirun, or srun inside a Slurm job, is told what it needs: root, more ranks than "
      "cores, binding.\nRanks share the cores among their threads; --threads behind -- "
      "says otherwise.");
  parser->add_option("-n,--np", ranks, "number of ranks")
      ->type_name("N")
      ->required()
      ->check(integer_in(1, 1 << 20));
  parser
      ->add_option("--hosts", hosts,
                   "where: HOST[:RANKS],… (default: this machine, or the Slurm job)")
      ->type_name("LIST");
  // mpirun's users write -np, which is two letters behind one dash.
  std::vector<std::string> words(arguments.begin(),
                                 arguments.begin() + static_cast<std::ptrdiff_t>(own));
  std::replace(words.begin(), words.end(), std::string("-np"), std::string("--np"));
  if (!parse(*parser, words, session)) return ExitCode::done;

  // A bad training option is found here, before any rank runs.
  const Arguments inner = own < arguments.size() ? arguments.subspan(own + 1) : Arguments{};
  const bool trains = inner.empty() || inner[0].starts_with("-") || inner[0] == "train";
  if (trains) {
    const Arguments options = inner.empty() || inner[0] != "train" ? inner : inner.subspan(1);
    const TrainRequest request = parse_train_options(options, session).request;
    if (request == TrainRequest::help) return ExitCode::done;
    if (request != TrainRequest::train) return run_command_line(inner, session);
  }
  if (comm::started_by_launcher())
    throw UsageError("dtrain launch starts the ranks itself: run it without mpirun or srun");

  const bool slurm = std::getenv("SLURM_JOB_ID") != nullptr && !find_on_path("srun").empty();
  auto command = slurm ? srun_command(ranks, hosts) : mpirun_command(ranks, hosts);
  command.push_back(std::filesystem::read_symlink("/proc/self/exe").string());
  command.insert(command.end(), inner.begin(), inner.end());
  return exit_code_of(run_and_wait(command), command[0]);
}

}  // namespace dtrain::launch
