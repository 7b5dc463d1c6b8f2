// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstdlib>
#include <string>

namespace dtrain::test {

/// While it lives, processes that this one starts run on a bad disk (failing_writes.cpp). The test is
/// linked with FAILING_WRITES defined as the library's path.
class FailingWrites {
 public:
  /// Calls of the kind `call` on files whose path holds `path` fail with `error`, of errno, after so
  /// many bytes or calls.
  FailingWrites(const std::string& call, const std::string& path, long after, int error) {
    setenv("FAIL_CALL", call.c_str(), 1);
    setenv("FAIL_PATH", path.c_str(), 1);
    setenv("FAIL_AFTER", std::to_string(after).c_str(), 1);
    setenv("FAIL_ERRNO", std::to_string(error).c_str(), 1);
    setenv("LD_PRELOAD", FAILING_WRITES, 1);
  }
  ~FailingWrites() {
    for (const char* name : {"LD_PRELOAD", "FAIL_CALL", "FAIL_PATH", "FAIL_AFTER", "FAIL_ERRNO"})
      unsetenv(name);
  }
  FailingWrites(const FailingWrites&) = delete;
  FailingWrites& operator=(const FailingWrites&) = delete;
};

}  // namespace dtrain::test
