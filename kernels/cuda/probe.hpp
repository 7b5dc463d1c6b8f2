// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cuda_runtime_api.h>

namespace dtrain::kernels::cuda {

/// Runs a kernel on the current device and stores the architecture of the code that ran (90 for
/// sm_90): an error when the module holds no code for this GPU.
cudaError_t probe_code_architecture(int* architecture);

}  // namespace dtrain::kernels::cuda
