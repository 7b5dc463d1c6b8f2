// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// corpus_test FOLDER: gives every file in FOLDER to the target that this is linked with, and says how
// each ended. Fails when one is neither accepted nor refused in good order, when none is accepted (the
// seeds then do not fit the reader any more), or when there are none.

#include <fmt/core.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/target.hpp"

int main(int argc, char** argv) {
  using namespace dtrain::fuzz;
  if (argc != 2) return 2;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) files.push_back(entry);
  std::sort(files.begin(), files.end());

  int accepted = 0, failed = 0;
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    try {
      const bool taken = try_input(std::as_bytes(std::span(bytes))) == Outcome::accepted;
      accepted += taken ? 1 : 0;
      fmt::print("{}: {}\n", file.filename().string(), taken ? "accepted" : "refused");
    } catch (const std::exception& error) {
      ++failed;
      fmt::print("{}: FAILED: {}\n", file.filename().string(), error.what());
    }
  }
  fmt::print("{} inputs, {} accepted, {} failed\n", files.size(), accepted, failed);
  return accepted > 0 && failed == 0 ? 0 : 1;
}
