// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <nccl.h>

/// The NCCL that the module runs with, as NCCL numbers it: 22809 is 2.28.9; 0 when it cannot say.
extern "C" __attribute__((visibility("default"))) int dtrain_nccl_version() {
  int version = 0;
  return ncclGetVersion(&version) == ncclSuccess ? version : 0;
}
