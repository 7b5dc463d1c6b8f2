// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/cuda/probe.hpp"

namespace dtrain::kernels::cuda {
namespace {

__global__ void do_nothing() {}

}  // namespace

cudaError_t probe_code_architecture(int* architecture) {
  cudaFuncAttributes attributes{};
  cudaError_t status = cudaFuncGetAttributes(&attributes, do_nothing);
  if (status != cudaSuccess) return status;
  do_nothing<<<1, 1>>>();
  status = cudaDeviceSynchronize();
  if (status == cudaSuccess) *architecture = attributes.binaryVersion;
  return status;
}

}  // namespace dtrain::kernels::cuda
