// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// The other half of h5py_test.py: "write FILE" makes a checkpoint; "compare FILE" checks that FILE's
// weights, which Python wrote, are the same.

#include <algorithm>
#include <cstdio>
#include <string>

#include "tests/train/example_checkpoint.hpp"

int main(int argc, char** argv) {
  using namespace dtrain::train;
  const std::string what = argc == 3 ? argv[1] : "";
  const Checkpoint expected = example_checkpoint();
  if (what == "write") {
    write_checkpoint(argv[2], expected);
    return 0;
  }
  if (what != "compare") return 2;
  const Checkpoint read = read_weights(argv[2]);
  for (const auto section : {&Checkpoint::parameters, &Checkpoint::buffers}) {
    if ((read.*section).size() != (expected.*section).size()) return 1;
    for (const NamedArray& array : expected.*section) {
      const auto it = std::ranges::find(read.*section, array.name, &NamedArray::name);
      if (it == (read.*section).end() || it->shape != array.shape || it->data != array.data) {
        std::fprintf(stderr, "%s differs\n", array.name.c_str());
        return 1;
      }
    }
  }
  return 0;
}
