// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The CUDA module, libdtrain_cuda.so (kernels/cuda and comm/nccl). dtrain opens it only when a GPU
// is asked for: one binary then serves nodes with and without GPUs, and a CPU rank does not carry
// the 150 MB of CUDA libraries.

#include <filesystem>
#include <memory>
#include <string>

#include "kernels/elements.hpp"

namespace dtrain::kernels {

struct Backend;

/// What the module was built with and what it finds on this machine. Filled across a C interface,
/// hence plain. Versions are the libraries' own numbers: CUDA 13000 is 13.0, cuDNN 91900 is 9.19.0,
/// NCCL 22809 is 2.28.9.
struct CudaReport {
  int runtime_version = 0;
  int driver_version = 0;  ///< newest CUDA that the driver serves; 0: no driver
  int cudnn_version = 0;
  int nccl_version = 0;
  int devices = 0;
  int code_architecture = 0;  ///< of the code that ran on device 0 (90: sm_90); 0: none ran
  char problem[192] = "";     ///< why devices or code_architecture is 0, in CUDA's words
};

/// "13.0", "9.19.0", "2.28.9" from such numbers.
std::string cuda_version_text(int cuda_version);
std::string cudnn_version_text(int cudnn_version);
std::string nccl_version_text(int nccl_version);

/// What a rank wants of its GPU.
struct CudaOptions {
  /// Which one of those that CUDA_VISIBLE_DEVICES leaves; beyond the last from the first one again.
  int ordinal = 0;
  /// Of what a network computes on the way, and of the copies of weights that products read. Weights
  /// themselves and their gradients are float32 in any case.
  ElementType type = ElementType::float32;
  bool tf32 = false;           ///< products of float32 on tensor cores, with 10 bits of mantissa
  bool deterministic = false;  ///< the same bits every time
};

/// The loaded module. It stays loaded until the process ends, as CUDA's libraries ask for: what was
/// made by it outlives the object.
class CudaModule {
 public:
  /// Opens `file`. Throws Error with the loader's reason.
  explicit CudaModule(const std::filesystem::path& file);
  /// Opens the module that belongs to the running binary: beside it (a build folder) or in
  /// ../lib/dtrain (installed). Throws Error when there is none.
  static CudaModule open();

  CudaReport report() const;
  /// GPUs that CUDA sees; 0 where it cannot say. Cheaper than report(), and touches none of them.
  int device_count() const;
  /// A GPU and its kernels. Throws Error: no driver, no GPU, or no code for it in the module.
  std::unique_ptr<Backend> make_backend(const CudaOptions& options) const;
  /// An entry of the module by its C name. Throws Error when the module has none.
  void* entry(const char* name) const;

 private:
  std::filesystem::path file_;
  void* handle_;
};

}  // namespace dtrain::kernels
