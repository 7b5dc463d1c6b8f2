// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <memory>
#include <string>

#include "kernels/cuda/check.hpp"
#include "kernels/cuda/convolution_plan.hpp"
#include "kernels/cuda/stream.hpp"
#include "kernels/device/cuda_module.hpp"

namespace dtrain::kernels::cuda {

/// One GPU, and the library handles that its ops share.
class CudaDevice final : public Device {
 public:
  /// Throws Error: no driver, no GPU, or no code for it in this module.
  explicit CudaDevice(const CudaOptions&);
  ~CudaDevice() override;

  std::string name() const override;
  std::string unique_name() const override;
  bool is_host() const override { return false; }
  std::unique_ptr<Allocation> allocate(std::size_t bytes) override;
  std::size_t free_bytes() const override;
  std::unique_ptr<Stream> make_stream(StreamPriority) override;
  std::unique_ptr<Event> make_event() override;
  std::unique_ptr<PinnedMemory> pin(void* host, std::size_t bytes) override;
  void copy_to_device(void* device, const void* host, std::size_t bytes, Stream&) override;
  void copy_to_host(void* host, const void* device, std::size_t bytes, Stream&) override;
  void start_copy_to_device(void* device, const void* host, std::size_t bytes, Stream&) override;
  void start_copy_to_host(void* host, const void* device, std::size_t bytes, Stream&) override;

  /// As a CUDA Graph.
  bool can_record() const override { return true; }
  std::unique_ptr<Recording> record(Stream&, const std::function<void()>& issue) override;

  const CudaOptions& options() const { return options_; }
  /// Made when first asked for: a network without convolutions does not pay for cuDNN.
  cudnnHandle_t cudnn();
  /// Convolutions of any op of this device, planned once per shape.
  ConvolutionPlanner& convolutions();
  cublasLtHandle_t cublas();

 private:
  void activate() const;

  const CudaOptions options_;
  const int ordinal_;
  cudaDeviceProp properties_{};
  cudnnHandle_t cudnn_ = nullptr;
  cublasLtHandle_t cublas_ = nullptr;
  std::unique_ptr<ConvolutionPlanner> convolutions_;
};

}  // namespace dtrain::kernels::cuda
