// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Runs the dtrain binary as a user would, in a scratch folder of the test.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

namespace dtrain::test {

namespace fs = std::filesystem;

inline std::string read_text(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline void write_text(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

struct Finished {
  int code = 0;  ///< exit code, or 128 + signal
  std::string out, err;
};

/// One running dtrain with its output in files.
class Process {
 public:
  /// `options` as in a shell; the process is dtrain itself, started in `folder`.
  Process(const fs::path& folder, const std::string& options)
      : out_(folder / fmt::format("out.{}", ++count())),
        err_(folder / fmt::format("err.{}", count())) {
    const std::string command =
        fmt::format("exec {} {} > {} 2> {}", DTRAIN_BINARY, options, out_.string(), err_.string());
    pid_ = fork();
    if (pid_ == 0) {
      if (chdir(folder.c_str()) == 0)
        execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
      std::_Exit(127);
    }
  }

  pid_t pid() const { return pid_; }
  void send(int signal) const { kill(pid_, signal); }
  Finished wait() const {
    int status = 0;
    waitpid(pid_, &status, 0);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return {code, read_text(out_), read_text(err_)};
  }

 private:
  static int& count() {
    static int value = 0;
    return value;
  }
  fs::path out_, err_;
  pid_t pid_ = -1;
};

/// A test with a folder of its own.
class DtrainTest : public testing::Test {
 protected:
  DtrainTest() {
    std::string name = (fs::temp_directory_path() / "dtrain-test-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~DtrainTest() override { fs::remove_all(folder_); }

  Finished dtrain(const std::string& options) const { return Process(folder_, options).wait(); }
  /// The same, which must end well.
  std::string ok(const std::string& options) const {
    const Finished finished = dtrain(options);
    EXPECT_EQ(finished.code, 0) << options << "\n" << finished.err;
    return finished.out;
  }
  nlohmann::json json_file(const fs::path& file) const {
    return nlohmann::json::parse(read_text(folder_ / file));
  }
  std::string weights_hash(const fs::path& run) const {
    return json_file(run / "summary.json").at("weights_hash");
  }
  /// The checkpoint that a run's `latest` names.
  fs::path latest(const fs::path& run) const {
    std::string name = read_text(folder_ / run / "latest");
    name.erase(name.find_last_not_of('\n') + 1);
    return run / name;
  }

  fs::path folder_;
};

/// Polls for up to half a minute.
template <class Condition>
bool soon(const Condition& condition) {
  for (int i = 0; i < 3000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

inline std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++times;
  return times;
}

}  // namespace dtrain::test
