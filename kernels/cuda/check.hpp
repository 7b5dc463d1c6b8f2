// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What CUDA's libraries answer, as Errors. Every call that can fail goes through check().

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

namespace dtrain::kernels::cuda {

/// Throw Error where `status` is a failure; `what` names the call: "cudaMemcpyAsync".
void check(cudaError_t status, const char* what);
void check(cudnnStatus_t status, const char* what);
void check(cublasStatus_t status, const char* what);

/// After a kernel launch: was it accepted? What goes wrong while it runs is met by a later call.
inline void check_launch(const char* kernel) {
  check(cudaGetLastError(), kernel);
}

}  // namespace dtrain::kernels::cuda
