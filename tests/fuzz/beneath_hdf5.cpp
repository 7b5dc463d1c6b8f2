// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "tests/fuzz/beneath_hdf5.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <string_view>

namespace dtrain::fuzz {
namespace {

/// The sanitizers' or libFuzzer's report, up to the end of its first stack: that of the crash. libhdf5
/// never calls back into what could crash, so where it is on the stack the crash is beneath it.
bool names_hdf5(std::string_view report) {
  const auto stack = report.find("    #0 ");
  if (stack == std::string_view::npos) return false;
  return report.substr(stack, report.find("\n\n", stack) - stack).find("libhdf5") !=
         std::string_view::npos;
}

std::string content_of(int descriptor) {
  std::string text(static_cast<std::size_t>(lseek(descriptor, 0, SEEK_END)), '\0');
  const ssize_t count = pread(descriptor, text.data(), text.size(), 0);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

}  // namespace

bool crashes_beneath_hdf5(const std::function<void()>& read) {
  static const int report = memfd_create("report", MFD_CLOEXEC);
  if (report < 0 || ftruncate(report, 0) != 0) throw std::runtime_error("no memory for reports");
  lseek(report, 0, SEEK_SET);
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child == 0) {
    dup2(report, STDERR_FILENO);
    // libFuzzer would keep the input, in a folder that it names relative to this one.
    if (chdir("/proc") != 0) _exit(0);
    try {
      read();
    } catch (...) {
    }
    _exit(0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status != 0 && names_hdf5(content_of(report));
}

}  // namespace dtrain::fuzz
