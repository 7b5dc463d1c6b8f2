// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Assertions for our own bugs. They stay on in release builds: each is a comparison outside hot loops.

#include <cstdio>
#include <cstdlib>

#define DTRAIN_ASSERT(condition)                                                           \
  ((condition) ? static_cast<void>(0)                                                      \
               : (std::fprintf(stderr, "dtrain: internal error: %s (%s:%d)\n", #condition, \
                               __FILE__, __LINE__),                                        \
                  std::abort()))
