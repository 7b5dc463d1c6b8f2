// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <cuda_runtime_api.h>
#include <cudnn.h>

#include <algorithm>
#include <cstring>

#include "kernels/cuda/probe.hpp"
#include "kernels/device/cuda_module.hpp"

/// The module's entry for `dtrain doctor`: works, and says why there is no device, without a
/// driver.
extern "C" __attribute__((visibility("default"))) void dtrain_cuda_report(
    dtrain::kernels::CudaReport* report) {
  cudaRuntimeGetVersion(&report->runtime_version);
  cudaDriverGetVersion(&report->driver_version);
  report->cudnn_version = static_cast<int>(cudnnGetVersion());
  cudaError_t status = cudaGetDeviceCount(&report->devices);
  if (status != cudaSuccess) {
    report->devices = 0;
  } else {
    status = dtrain::kernels::cuda::probe_code_architecture(&report->code_architecture);
  }
  if (status != cudaSuccess) {
    const char* text = cudaGetErrorString(status);
    std::memcpy(report->problem, text, std::min(std::strlen(text), sizeof(report->problem) - 1));
  }
}

extern "C" __attribute__((visibility("default"))) int dtrain_cuda_device_count() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
}
