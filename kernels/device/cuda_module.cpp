// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/device/cuda_module.hpp"

#include <dlfcn.h>
#include <fmt/core.h>

#include <system_error>

#include "base/error.hpp"
#include "kernels/backend.hpp"

namespace dtrain::kernels {

std::string cuda_version_text(int cuda_version) {
  return fmt::format("{}.{}", cuda_version / 1000, cuda_version % 1000 / 10);
}

std::string cudnn_version_text(int cudnn_version) {
  return fmt::format("{}.{}.{}", cudnn_version / 10000, cudnn_version % 10000 / 100,
                     cudnn_version % 100);
}

std::string nccl_version_text(int nccl_version) {
  return fmt::format("{}.{}.{}", nccl_version / 10000, nccl_version % 10000 / 100,
                     nccl_version % 100);
}

CudaModule::CudaModule(const std::filesystem::path& file) : file_(file) {
  handle_ = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle_ == nullptr) {
    throw Error(fmt::format("cannot open the CUDA module: {}", dlerror()));
  }
}

CudaModule CudaModule::open() {
  std::error_code ignored;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const auto* place : {"libdtrain_cuda.so", "../lib/dtrain/libdtrain_cuda.so"}) {
    if (std::filesystem::exists(folder / place, ignored)) return CudaModule(folder / place);
  }
  throw Error("no CUDA module found (build with -DDTRAIN_CUDA=ON)");
}

CudaReport CudaModule::report() const {
  CudaReport report;
  reinterpret_cast<void (*)(CudaReport*)>(entry("dtrain_cuda_report"))(&report);
  report.nccl_version = reinterpret_cast<int (*)()>(entry("dtrain_nccl_version"))();
  return report;
}

int CudaModule::device_count() const {
  return reinterpret_cast<int (*)()>(entry("dtrain_cuda_device_count"))();
}

std::unique_ptr<Backend> CudaModule::make_backend(const CudaOptions& options) const {
  const auto make =
      reinterpret_cast<Backend* (*)(const CudaOptions*)>(entry("dtrain_cuda_backend"));
  return std::unique_ptr<Backend>(make(&options));
}

void* CudaModule::entry(const char* name) const {
  void* symbol = dlsym(handle_, name);
  if (symbol == nullptr) {
    throw Error(fmt::format("{} has no {}: it belongs to another dtrain; build both together",
                            file_.string(), name));
  }
  return symbol;
}

}  // namespace dtrain::kernels
