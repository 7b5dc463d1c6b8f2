// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "base/error.hpp"
#include "hdf5/rehearsal.hpp"
#include "tests/fuzz/beneath_hdf5.hpp"

// For tests of the corpus, where no sanitizer reports whose fault a crash is: as the product does.
bool dtrain::fuzz::crashes_beneath_hdf5(const std::function<void()>& read) {
  try {
    hdf5::rehearse("seed", read);
    return false;
  } catch (const InputError&) {
    return true;
  }
}
