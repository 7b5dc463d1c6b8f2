// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/hosts.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <thread>

#include "base/host_name.hpp"
#include "launch/console.hpp"

namespace dtrain::launch {
namespace {

constexpr std::chrono::seconds patience(15);

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

/// The words of the first of Open MPI's alternatives ("ssh : rsh") that is installed.
std::vector<std::string> remote_shell() {
  const char* named = std::getenv("OMPI_MCA_plm_rsh_agent");
  for (const std::string& alternative : split(named != nullptr ? named : "ssh:rsh", ':')) {
    std::istringstream stream(alternative);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    if (words.empty()) continue;
    if (access(words[0].c_str(), X_OK) == 0 || !find_on_path(words[0]).empty()) return words;
  }
  return {};
}

bool is_this_machine(const std::string& host) {
  const std::string name = host_name();
  return host == "localhost" || host == name || host == name.substr(0, name.find('.'));
}

/// Runs `true` on a host, silently. Does not wait.
pid_t start_probe(std::vector<std::string> words, const std::string& host) {
  words.insert(words.end(), {host, "true"});
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child != 0) return child;
  setpgid(0, 0);  // so that what it starts ends with it
  const int nowhere = open("/dev/null", O_RDWR);
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    dup2(nowhere, descriptor);
  execvp(arguments[0], arguments.data());
  std::_Exit(127);
}

bool ends_well(pid_t probe, std::chrono::steady_clock::time_point deadline) {
  int status = 0;
  while (waitpid(probe, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      kill(-probe, SIGKILL);
      waitpid(probe, &status, 0);
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

std::vector<std::string> answering_hosts(const std::vector<std::string>& hosts) {
  const std::vector<std::string> shell = remote_shell();
  std::vector<pid_t> probes;  // 0: none needed
  probes.reserve(hosts.size());
  for (const std::string& host : hosts)
    probes.push_back(is_this_machine(host) || shell.empty() ? 0 : start_probe(shell, host));
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::vector<std::string> answering;
  for (std::size_t i = 0; i < hosts.size(); ++i)
    if (probes[i] == 0 || (probes[i] > 0 && ends_well(probes[i], deadline)))
      answering.push_back(hosts[i]);
  return answering;
}

Placement surviving(const Placement& placement) {
  const std::vector<std::string> entries = split(placement.hosts, ',');
  if (entries.empty()) return placement;
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const std::string& entry : entries) names.push_back(entry.substr(0, entry.find(':')));
  const std::vector<std::string> answering = answering_hosts(names);

  const auto before = static_cast<std::int64_t>(entries.size());
  Placement after = placement;
  after.ranks = 0;
  after.hosts.clear();
  std::int64_t named_ranks = 0, hosts = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (std::ranges::find(answering, names[i]) == answering.end()) continue;
    ++hosts;
    const std::size_t colon = entries[i].find(':');
    if (colon != std::string::npos) named_ranks += std::strtol(&entries[i][colon + 1], nullptr, 10);
    after.hosts += (after.hosts.empty() ? "" : ",") + entries[i];
  }
  if (hosts == before) return placement;
  const std::int64_t room =
      named_ranks > 0 ? named_ranks : std::max(placement.ranks * hosts / before, hosts);
  after.ranks = hosts == 0 ? 0 : std::min(room, placement.ranks);
  return after;
}

}  // namespace dtrain::launch
