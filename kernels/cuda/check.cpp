// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/cuda/check.hpp"

#include "base/error.hpp"

namespace dtrain::kernels::cuda {

void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  if (status == cudaErrorNoKernelImageForDevice)
    throw Error(
        "the CUDA module has no code for this GPU; build it with -DCMAKE_CUDA_ARCHITECTURES=native "
        "on this machine");
  throw Error(fmt::format("the GPU failed: {} says \"{}\"", what, cudaGetErrorString(status)));
}

void check(cudnnStatus_t status, const char* what) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  char text[512] = "";
  cudnnGetLastErrorString(text, sizeof text);
  throw Error(fmt::format("cuDNN failed: {} says {}. {}", what, cudnnGetErrorString(status), text));
}

void check(cublasStatus_t status, const char* what) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw Error(fmt::format("cuBLAS failed: {} says {}", what, cublasLtGetStatusString(status)));
}

}  // namespace dtrain::kernels::cuda
